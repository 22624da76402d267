import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEmbeddedEngine } from '../../src/stores/engine/embedded-engine.js'
import { makeEvent } from '../support/make-event.js'
import { runCommand, startCommand } from '../support/run-command.js'
import { searchFolder } from '../support/search-folder.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zenovay-backup-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const settings = (dataDir: string) => ({ DATA_DIR: join(folder, dataDir), PORT: '0', LOG_LEVEL: 'silent' })

const post = (url: string, code: string, event: object) =>
  fetch(`${url}/e/${code}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify(event),
  })

/** The event numbers stored in a data folder. */
async function readNumbers(dataDir: string): Promise<number[]> {
  const engine = await startEmbeddedEngine(join(folder, dataDir, 'engine'), pino({ level: 'silent' }))
  const client = createClient({ url: engine.url })
  const rows = await (
    await client.query({
      query: 'SELECT toUInt32(event_name) AS number FROM events ORDER BY number',
      format: 'JSONEachRow',
    })
  ).json<{ number: number }>()
  await client.close()
  await engine.stop()
  return rows.map(({ number }) => number)
}

it('creates a consistent backup without salts during ingest, and restores it', async () => {
  const env = settings('data')
  const added = await runCommand(['site', 'add', 'example.com'], env)
  const code = /ZV_\w+/.exec(added.stdout)![0]
  const { stdout: keyLine } = await runCommand(['key', 'create'], env)
  const key = /zv_\w+/.exec(keyLine)![0]
  const { child, url } = await startCommand(env)

  // One after the other, so that the stored numbers at any moment are 1 … n. Cookieless, so that a salt is
  // used.
  let acknowledged = 0
  let sending = true
  const sender = (async () => {
    // The limit is sixty events per client in ten seconds.
    for (let number = 1; sending && number <= 60; number++) {
      const answer = await post(
        url,
        code,
        makeEvent({ event_type: 'custom', event_name: String(number), cookieless: true }),
      )
      expect(answer.status).toBe(200)
      acknowledged = number
      // Spaced out, so that events arrive before, during and after the backup.
      await sleep(20)
    }
  })()
  await expect.poll(() => acknowledged, { timeout: 20_000, interval: 5 }).toBeGreaterThanOrEqual(10)
  const before = acknowledged
  const backup = join(folder, 'backup')
  const made = await runCommand(['backup', backup], env)
  const after = acknowledged
  expect([made.exitCode, made.stderr, made.stdout]).toEqual([0, '', `backup: ${backup}\n`])
  sending = false
  await sender

  const salts = readdirSync(join(env.DATA_DIR, 'salts')).map((name) =>
    readFileSync(join(env.DATA_DIR, 'salts', name)),
  )
  expect(salts.length).toBeGreaterThan(0)
  expect(await searchFolder(join(env.DATA_DIR, 'salts'), salts)).toHaveLength(salts.length)
  expect(
    await searchFolder(backup, [
      ...salts,
      ...salts.map((salt) => salt.toString('hex')),
      ...salts.map((salt) => salt.toString('base64')),
    ]),
  ).toEqual([])
  expect(statSync(backup).mode & 0o077).toBe(0)

  // The original collector keeps running and is not the source of the restored data.
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  const copy = join(folder, 'copy')
  cpSync(env.DATA_DIR, copy, { recursive: true, filter: (path) => path !== join(env.DATA_DIR, 'salts') })
  expect(await searchFolder(copy, salts)).toEqual([])
  rmSync(env.DATA_DIR, { recursive: true })
  expect(await readNumbers('copy')).toHaveLength(acknowledged)

  const restored = await runCommand(['restore', backup], settings('restored'))
  expect([restored.exitCode, restored.stderr]).toEqual([0, ''])
  const numbers = await readNumbers('restored')
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  expect(numbers.length).toBeGreaterThanOrEqual(before)
  expect(numbers.length).toBeLessThanOrEqual(after + 1)
  expect(restored.stdout).toBe(`events: ${numbers.length}\nrestored: ${join(folder, 'restored')}\n`)

  const second = await startCommand(settings('restored'))
  const websites = await fetch(`${second.url}/api/external/v1/websites`, { headers: { 'x-api-key': key } })
  expect(await websites.json()).toMatchObject({ data: [{ domain: 'example.com', tracking_code: code }] })
  expect((await post(second.url, code, makeEvent())).status).toBe(200)
  second.child.kill('SIGTERM')
  await once(second.child, 'exit')
}, 60_000)

it('explains in one line why a backup command cannot run, and changes no existing file', async () => {
  const fails = async (args: string[], dataDir: string, message: RegExp) => {
    const { exitCode, stderr } = await runCommand(args, settings(dataDir))
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  }
  const fresh = join(folder, 'fresh')
  await fails(['backup'], 'stopped', /Missing backup folder/)
  await fails(['backup', fresh], 'nothing', /No control store in .*nothing/)
  await runCommand(['site', 'list'], settings('stopped'))
  await fails(['backup', fresh], 'stopped', /No collector is running on .*stopped.* without salts\//)
  expect(existsSync(fresh)).toBe(false)
  await fails(['restore', fresh], 'empty', /No complete backup in .*fresh/)
  await fails(['restore', join(folder, 'backup')], 'restored', /control\.db already exists/)

  // One flipped bit in a backup.
  const part = join(folder, 'backup', 'events', 'data', 'default', 'events')
  const file = join(part, readdirSync(part)[0]!, 'data.bin')
  const bytes = readFileSync(file)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(file, bytes)
  await fails(
    ['restore', join(folder, 'backup')],
    'other',
    /The restore failed: .* were removed from .*other\.$/m,
  )
  expect(readdirSync(join(folder, 'other'))).toEqual([])
}, 60_000)
