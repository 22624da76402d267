import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isInstalled } from '../../scripts/install.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zenovay-start-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('npm start', () => {
  it.each([
    ['it is killed', 'exec node scripts/start.mjs'],
    ['npm is killed', 'node scripts/start.mjs; true'],
  ])('ends the collector when %s', async (_, command) => {
    // An installation would replace the packages that this test uses.
    expect(isInstalled(), 'run npm test, which installs the packages').toBe(true)
    const child = spawn('sh', ['-c', command], {
      env: { ...process.env, DATA_DIR: folder, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let url = ''
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('collector: ')) url = line.replace('collector: ', '')
      if (line === 'ready') break
    }
    const isUp = () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    expect(await isUp()).toBe(true)

    child.kill('SIGKILL')
    await expect.poll(isUp, { timeout: 30_000, interval: 200 }).toBe(false)
  })
})

it('tells how to build the collector if its command runs in a checkout that is not built', () => {
  cpSync('collector/bin', join(folder, 'bin'), { recursive: true })
  const { status, stderr } = spawnSync('node', [join(folder, 'bin/zenovay-collector.mjs')], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([
    1,
    'The collector is not built yet. Run npm start, or npm run build first.\n',
  ])
})
