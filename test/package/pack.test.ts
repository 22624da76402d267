import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FILES = [
  'capture.js',
  'capture.mjs',
  'contract.mjs',
  'index.mjs',
  'live.js',
  'live.mjs',
  'node.mjs',
  'server.mjs',
  'react.mjs',
  'signals.js',
  'svelte.mjs',
  'vitals.js',
  'vue.mjs',
  'z.js',
]
const ROOMS = ['capture', 'contract', 'live', 'node', 'react', 'server', 'svelte', 'tracker', 'vue']

let app: string
let files: string[]

beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'zenovay-app-'))
  const [packed] = JSON.parse(
    execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--workspaces=false', '--pack-destination', app],
      { cwd: ROOT, encoding: 'utf8' },
    ),
  ) as [{ filename: string; files: { path: string }[] }]
  files = packed.files.map(({ path }) => path)
  writeFileSync(join(app, 'package.json'), '{"name": "empty-app", "type": "module"}')
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join(app, packed.filename)], {
    cwd: app,
  })
})
afterAll(() => rmSync(app, { recursive: true }))

it('packs only the built files, their source maps and their type declarations', () => {
  expect(files.filter((file) => !file.startsWith('dist/types/')).sort()).toEqual(
    [
      'LICENSE',
      'README.md',
      ...FILES.flatMap((file) => [`dist/${file}`, `dist/${file}.map`]),
      'package.json',
    ].sort(),
  )
  const types = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, 'src', room))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `dist/types/${room}/${file.replace('.ts', '.d.ts')}`),
  )
  expect(files.filter((file) => file.startsWith('dist/types/')).sort()).toEqual(types.sort())
})

it('adds exactly one package to an empty application', () => {
  const lock = JSON.parse(readFileSync(join(app, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/@zenovay/tracker'])
})

it('loads its entry points in Node.js, where the tracker does nothing', () => {
  const script = `
    const { init, track, page, getVisitorId } = await import('@zenovay/tracker')
    init('ZV_TEST1'); track('signup'); page()
    const { startLiveWidget } = await import('@zenovay/tracker/live')
    startLiveWidget()()
    const { createServerTracker, isBot } = await import('@zenovay/tracker/node')
    const { validateEvent } = await import('@zenovay/tracker/contract')
    console.log(getVisitorId(), typeof createServerTracker, isBot('curl/8'), validateEvent({}).ok)`
  expect(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: app, encoding: 'utf8' }),
  ).toBe('undefined function true false\n')
})

it('imports only the tracker and its framework in each binding', () => {
  const read = (framework: string) =>
    readFileSync(join(app, `node_modules/@zenovay/tracker/dist/${framework}.mjs`), 'utf8')
  const imports = (framework: string) =>
    new Set([...read(framework).matchAll(/^(?:import|export) .* from '(.+)'/gm)].map(([, from]) => from))

  expect(imports('react')).toEqual(new Set(['./index.mjs', 'react']))
  expect(imports('vue')).toEqual(new Set(['./index.mjs']))
  expect(imports('svelte')).toEqual(new Set(['./index.mjs', 'svelte']))
  expect(read('react')).toMatch(/^'use client'\n/)
})
