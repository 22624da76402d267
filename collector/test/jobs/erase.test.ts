import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey } from '@zenovay/collector'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createGroupCommit } from '../../src/ingest/commit/group-commit.js'
import { createEraser } from '../../src/jobs/erase.js'
import { createRollups } from '../../src/stores/clickhouse/rollups/roll-up.js'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const DAY_MS = 24 * 60 * 60 * 1000

let collector: TestCollector
let adminKey: string

beforeAll(async () => {
  collector = await startTestCollector()
  const { secret, record } = createApiKey(
    { name: 'admin', siteId: collector.site.id, scope: 'admin' },
    Date.now(),
  )
  await collector.collector.control.addApiKey(record)
  adminKey = secret
})
afterAll(() => collector.close())

// Random letters: compression leaves them readable.
const unique = () => `x${randomBytes(12).toString('hex')}`

function makeVisitor() {
  const marks = {
    visitor: unique(),
    session: unique(),
    path: unique(),
    title: unique(),
    property: unique(),
    user: unique(),
  }
  const event = (fields = {}) =>
    makeEvent({
      visitor_id: marks.visitor,
      session_id: marks.session,
      url: `https://example.com/${marks.path}`,
      title: marks.title,
      user_id: marks.user,
      properties: { note: marks.property },
      ...fields,
    })
  return { marks: Object.values(marks), id: marks.visitor, event }
}

const erase = async (visitor: string) => {
  const answer = await fetch(
    `${collector.url}/api/sites/${collector.site.id}/visitors/${encodeURIComponent(visitor)}`,
    { method: 'DELETE', headers: { 'x-api-key': adminKey } },
  )
  return { status: answer.status, data: ((await answer.json()) as { data: Record<string, unknown> }).data }
}
const beat = (visitor: string) =>
  fetch(`${collector.url}/e/heartbeat/${collector.site.trackingCode}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ session_id: 'session-0001', visitor_id: visitor }),
  })
const count = async (where: string) =>
  (await collector.select<{ n: number }>(`SELECT count() AS n FROM events WHERE ${where}`))[0]!.n

async function* walk(folder: string): AsyncGenerator<string> {
  // Parts come and go meanwhile; a deleted part contains nothing.
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) yield* walk(join(folder, entry.name))
    else yield join(folder, entry.name)
}

async function findFiles(marks: string[]): Promise<string[]> {
  const files: string[] = []
  for await (const file of walk(collector.dataDir)) {
    const content = await readFile(file, 'latin1').catch(() => '')
    if (marks.some((mark) => content.includes(mark))) files.push(file)
  }
  return files
}

it('erases a visitor from all queries and files before it responds', async () => {
  const visitor = makeVisitor()
  const hidden = visitor.event()
  await collector.post([
    visitor.event(),
    visitor.event({ age_ms: 5 * DAY_MS }),
    makeEvent(),
    makeEvent({ visitor_id: 'somebody-else' }),
  ])
  await collector.post([visitor.event(), makeEvent()])
  // A row that is masked but still in its file, in a separate part.
  await collector.post(hidden)
  await collector.command(`DELETE FROM events WHERE event_id = '${hidden.event_id}'`)
  await beat(visitor.id)
  const settling = createRollups({ engine: collector.engine, commitDelayMs: 1 })
  const findBuilt = () =>
    collector.select(
      `SELECT visitor_id FROM visits INNER JOIN page_days USING (site_id, day) WHERE path = '/${visitor.marks[2]}'`,
    )
  // A day is not rolled up in the second in which its events were received.
  await vi.waitUntil(
    async () => (await settling.rollUp({ forMs: 60_000 })).isDone && (await findBuilt()).length > 0,
    { timeout: 20_000 },
  )
  await settling.close()
  expect(await findBuilt()).toEqual([{ visitor_id: visitor.id }])
  expect((await findFiles(visitor.marks)).length).toBeGreaterThan(1)

  expect(await erase(visitor.id)).toMatchObject({
    status: 200,
    data: { site: collector.site.id, erased: { events: 3 }, pending: false },
  })
  expect(await findFiles(visitor.marks)).toEqual([])
  expect([await count(`visitor_id = '${visitor.id}'`), await count('1')]).toEqual([0, 3])
  expect(await collector.select(`SELECT * FROM heartbeats WHERE visitor_id = '${visitor.id}'`)).toEqual([])
  expect(await collector.select('SELECT * FROM system.mutations')).toEqual([])
})

it('erases no events if the visitor ID is unknown or hostile', async () => {
  for (const id of ['nobody-here', "'; DROP TABLE events; --", '../..', 'ü'.repeat(128), '%', '{siteId}'])
    expect([id, await erase(id)]).toMatchObject([id, { status: 200, data: { erased: { events: 0 } } }])
  expect((await erase('x'.repeat(201))).status).toBe(400)
})

it('keeps the same visitor ID on other sites, and treats later events as new', async () => {
  const other = await collector.collector.control.addSite({
    domain: 'other.example',
    name: 'Other',
    allowedDomains: [],
  })
  const visitor = makeVisitor()
  for (const code of [collector.site.trackingCode, other.trackingCode])
    await collector.post(visitor.event(), { code })
  expect((await erase(visitor.id)).data).toMatchObject({ erased: { events: 1 } })
  expect(await collector.select(`SELECT site_id FROM events WHERE visitor_id = '${visitor.id}'`)).toEqual([
    { site_id: other.id },
  ])
  await collector.post(visitor.event())
  expect(await count(`visitor_id = '${visitor.id}'`)).toBe(2)
})

it('writes queued events before it erases a visitor, without waiting for later events', async () => {
  const order: string[] = []
  const group = createGroupCommit<{ id: string }>({
    log: pino({ level: 'silent' }),
    write: async (items) => {
      // Slow, so that events are queued during each write.
      await sleep(50)
      order.push(...items.map(({ id }) => id))
    },
  })
  const idle = { drain: () => Promise.resolve() }
  const events = { delete: () => Promise.resolve({ rows: order.push('deleted'), isDone: true }) }
  const added = [group.add({ id: 'before' })]
  const erased = createEraser({
    events,
    commit: group,
    heartbeats: idle,
    rollups: { pause: (run) => run() },
    webhooks: { erase: () => Promise.resolve() },
  })({ siteIds: [] })
  // The queue is never empty during the erasure.
  for (let i = 0; i < 20; i++) {
    await sleep(10)
    added.push(group.add({ id: 'later' }))
  }
  await erased
  await Promise.all(added)
  expect(order.indexOf('before')).toBeLessThan(order.indexOf('deleted'))
  expect(order.lastIndexOf('later')).toBeGreaterThan(order.indexOf('deleted'))
})
