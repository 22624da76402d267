import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { readConfig, startCollector } from '@zenovay/collector'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startEmbeddedEngine } from '../../../src/stores/engine/embedded-engine.js'
import { makeEvent } from '../../support/make-event.js'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'zenovay-damaged-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const config = () => readConfig({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent' })

/** Data of a collector with two commits of one event each. */
async function storeEvents(): Promise<void> {
  const collector = await startCollector(config())
  const site = await collector.control.addSite({
    domain: 'example.com',
    name: 'Example',
    allowedDomains: [],
    timeZone: 'UTC',
    retentionMonths: 25,
  })
  for (let count = 0; count < 2; count++) {
    const answer = await fetch(`${collector.url}/e/${site.trackingCode}`, {
      method: 'POST',
      body: JSON.stringify(makeEvent()),
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(200)
  }
  await collector.close()
}

/** Folder of the newest part of the events table. */
async function findNewestPart(): Promise<string> {
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), pino({ level: 'silent' }))
  const client = createClient({ url: engine.url })
  const answer = await client.query({
    query:
      "SELECT path FROM system.parts WHERE table = 'events' AND active ORDER BY max_block_number DESC LIMIT 1",
    format: 'JSONEachRow',
  })
  const [part] = await answer.json<{ path: string }>()
  await client.close()
  await engine.stop()
  return part!.path
}

it('does not start if a part of the events table is damaged, and names the repair', async () => {
  await storeEvents()
  const part = await findNewestPart()
  truncateSync(join(part, 'data.bin'), Math.floor(statSync(join(part, 'data.bin')).size / 2))
  const [name] = part.split('/').slice(-2)

  for (let start = 0; start < 2; start++) {
    const error = await startCollector(config()).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    )
    expect(error?.name).toBe('StartError')
    expect(error?.message).toMatch(
      new RegExp(
        `damaged files .*/detached/broken-on-start_${name}.* Restore DATA_DIR from a backup; or delete`,
      ),
    )
  }

  const [, broken] = /aside: ([^,]+?)\. Restore/.exec(
    (await startCollector(config()).catch((error: Error) => error.message)) as string,
  )!
  rmSync(broken!, { recursive: true })
  await (await startCollector(config())).close()
})

it('opens a control store with a truncated journal, and rejects a file that is not a database', async () => {
  // Closed once, so that the journal holds only what is added from here on.
  await (await startCollector(config())).close()
  const first = await startCollector(config())
  const add = (domain: string) =>
    first.control.addSite({ domain, name: domain, allowedDomains: [], timeZone: 'UTC', retentionMonths: 25 })
  await add('one.example')
  await add('two.example')
  // A crash of the machine may leave the journal torn within a page.
  const [file, journal] = ['control.db', 'control.db-wal'].map((name) => readFileSync(join(dataDir, name)))
  await first.close()
  rmSync(dataDir, { recursive: true })
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'control.db'), file!)
  writeFileSync(join(dataDir, 'control.db-wal'), journal!.subarray(0, Math.floor(journal!.length / 2) + 1000))

  const second = await startCollector(config())
  const domains = (await second.control.listSites()).map(({ domain }) => domain)
  await second.close()
  // A state that existed at some moment, and nothing else.
  expect(['', 'one.example', 'one.example,two.example']).toContain(domains.join())

  // In a new folder: a remaining journal would turn any file into a database.
  rmSync(dataDir, { recursive: true })
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'control.db'), Buffer.alloc(8192, 'x'))
  await expect(startCollector(config())).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining(join(dataDir, 'control.db')) as string,
  })
})
