import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { listLicences, renderLicences } from '../../scripts/licences.mjs'
import { NODE_LTS } from '../../scripts/test-node-lts.mjs'

interface LockedPackage {
  version?: string
  dev?: boolean
  license?: string
  deprecated?: string
  engines?: { node?: string }
  dependencies?: Record<string, string>
}

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }
// A dependency of Fastify.
const { satisfies, minVersion } = createRequire(createRequire(import.meta.url).resolve('fastify'))(
  'semver',
) as {
  satisfies: (version: string, range: string) => boolean
  minVersion: (range: string) => { version: string }
}

it('locks only packages that run on the oldest Node that we promise, and on the LTS', () => {
  const promised = (JSON.parse(read('package.json')) as LockedPackage).engines!.node!
  expect(promised).toBe('>=20.19')
  for (const version of [minVersion(promised).version, NODE_LTS])
    expect(
      Object.entries(lock.packages)
        .filter(([, { engines }]) => engines?.node && !satisfies(version, engines.node))
        .map(([path, { engines }]) => `${path} needs ${engines!.node}`),
    ).toEqual([])
})

// npm ci warns of deprecated packages and of other engines.
it('locks no deprecated package, of which npm ci would warn', () => {
  expect(Object.entries(lock.packages).filter(([, { deprecated }]) => deprecated)).toEqual([])
})

it('lists the licence of every package that is installed at run time', async () => {
  expect(read('docs/licences.md'), 'run: npm run licences').toBe(await renderLicences())
  expect(lock.packages['']!.dependencies).toBeUndefined()
  for (const name of Object.keys(lock.packages['collector']!.dependencies!))
    if (name !== '@zenovay/tracker') expect(read('docs/licences.md')).toContain(`| \`${name}\``)
})

it('refuses packages with an unknown licence or one that is not allowed', () => {
  const one = (fields: LockedPackage) => ({
    packages: { 'node_modules/a/node_modules/@b/c': { version: '1.0.0', ...fields } },
  })
  expect(listLicences(one({ license: 'MIT' }))).toEqual([{ name: '@b/c', version: '1.0.0', licence: 'MIT' }])
  expect(listLicences(one({ license: 'AGPL-3.0-only', dev: true }))).toEqual([])
  expect(() => listLicences(one({ license: 'AGPL-3.0-only' }))).toThrow('@b/c@1.0.0 (AGPL-3.0-only)')
  expect(() => listLicences(one({}))).toThrow('@b/c@1.0.0 (unknown)')
})

it('builds the container with the LTS that the tests run on', () => {
  const images = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
  expect(new Set(images)).toEqual(new Set([`node:${NODE_LTS}-bookworm-slim`]))
})

it('never tells readers to run a package that is not ours', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((file) => /\.(md|mjs|js|ts|tsx|json|yml|html|svelte|vue)$|Dockerfile/.test(file))
    .filter((file) => !file.startsWith('test/fixtures/'))
  expect(files.length).toBeGreaterThan(500)
  // Outside of a checkout, npx would install whatever has this name in the registry.
  const command = new RegExp(`\\b(npx|npm exec|npm x|pnpx|bunx)( -\\S+)* ${'zenovay'}-`)
  expect(files.filter((file) => command.test(read(file)))).toEqual([])
})
