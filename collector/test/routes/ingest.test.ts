import { randomUUID } from 'node:crypto'
import { BURST_LIMIT, type ErrorBody, type IngestAnswer } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let collector: TestCollector

beforeAll(async () => {
  collector = await startTestCollector({ TRUSTED_PROXIES: '127.0.0.1' })
})
afterAll(() => collector.close())

let addresses = 0
const otherClient = () => ({ headers: { 'x-forwarded-for': `10.2.${addresses >> 8}.${addresses++ & 255}` } })

const beat = (body: unknown) =>
  fetch(`${collector.url}/e/heartbeat/${collector.site.trackingCode}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...otherClient().headers },
    body: JSON.stringify(body),
  })

async function countStored(eventId: string): Promise<number> {
  const [row] = await collector.select<{ n: number }>(
    `SELECT count() AS n FROM events WHERE event_id = '${eventId}'`,
  )
  return row!.n
}

it.each([
  [
    'the first preference of the browser',
    { 'accept-language': 'de-CH,de;q=0.9,en;q=0.8' },
    undefined,
    'de-CH',
  ],
  ['nothing when any language is accepted', { 'accept-language': '*' }, undefined, ''],
  ['the one of the event, with priority over the browser', { 'accept-language': 'de-CH' }, 'fr', 'fr'],
])('stores the language of an event: %s', async (_name, headers, language, stored) => {
  const { language: _, ...event } = makeEvent()
  await collector.post(
    { ...event, ...(language && { language }) },
    { headers: { ...otherClient().headers, ...headers } },
  )

  const [row] = await collector.select<{ language: string }>(
    `SELECT language FROM events WHERE event_id = '${event.event_id}'`,
  )
  expect(row).toEqual({ language: stored })
})

describe('exactly once', () => {
  it('acknowledges a repeated event ID and stores the event once', async () => {
    const event = makeEvent()
    for (let i = 0; i < 3; i++) expect((await collector.post(event, otherClient())).status).toBe(200)
    expect(await countStored(event.event_id!)).toBe(1)
  })

  it('stores an event once if it arrives several times at the same moment', async () => {
    const event = makeEvent()
    const answers = await Promise.all(Array.from({ length: 10 }, () => collector.post(event, otherClient())))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(await countStored(event.event_id!)).toBe(1)
  })

  it('stores an event once if a batch contains it twice', async () => {
    const event = makeEvent()
    await collector.post([event, event], otherClient())
    expect(await countStored(event.event_id!)).toBe(1)
  })

  it('recognizes duplicates of events that were stored before a restart', async () => {
    const [marked, unmarked] = [makeEvent(), makeEvent()]
    await collector.post([marked, unmarked], otherClient())
    await collector.restart()
    await collector.post([{ ...marked, retry: true }, unmarked], otherClient())
    expect([await countStored(marked.event_id!), await countStored(unmarked.event_id!)]).toEqual([1, 1])
  })

  it('stores events with the same ID separately for each site', async () => {
    const other = await collector.collector.control.addSite({
      domain: 'example.com',
      name: 'Other',
      allowedDomains: [],
    })
    const event = makeEvent()
    await collector.post(event, otherClient())
    await collector.post(event, { ...otherClient(), code: other.trackingCode })
    expect(await countStored(event.event_id!)).toBe(2)
  })
})

describe('limits', () => {
  it('rejects the 61st request of a client within ten seconds', async () => {
    const client = otherClient()
    const batch = Array.from({ length: BURST_LIMIT / 2 }, () => makeEvent())
    expect((await collector.post(batch, client)).status).toBe(200)
    expect(
      (
        await collector.post(
          batch.map(() => makeEvent()),
          client,
        )
      ).status,
    ).toBe(200)
    const refused = makeEvent()
    const answer = await collector.post(refused, client)
    expect(answer.status).toBe(429)
    expect(((await answer.json()) as ErrorBody).error.code).toBe('RATE_LIMIT_EXCEEDED')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect(await countStored(refused.event_id!)).toBe(0)
    expect((await collector.post(refused, otherClient())).status).toBe(200)
  })

  it('counts requests that are rejected for other reasons toward the rate limit', async () => {
    const client = otherClient()
    for (let i = 0; i < BURST_LIMIT; i++) await collector.post('no JSON', client)
    expect((await collector.post(makeEvent(), client)).status).toBe(429)
  })
})

describe('identity', () => {
  const idsOf = (eventId: string) =>
    collector.select<{ visitor_id: string; session_id: string }>(
      `SELECT visitor_id, session_id FROM events WHERE event_id = '${eventId}'`,
    )
  const cookieless = () => ({
    ...makeEvent({ cookieless: true, session_id: `page-${randomUUID()}` }),
    visitor_id: undefined,
  })

  it('identifies a cookieless visitor by network and user agent across page loads', async () => {
    const [first, second, third] = [
      cookieless(),
      cookieless(),
      {
        ...cookieless(),
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0',
      },
    ]
    await collector.post(first, { headers: { 'x-forwarded-for': '192.0.2.10' } })
    await collector.post(second, { headers: { 'x-forwarded-for': '192.0.2.77' } })
    await collector.post(third, { headers: { 'x-forwarded-for': '192.0.2.10' } })
    const [[a], [b], [c]] = [
      await idsOf(first.event_id!),
      await idsOf(second.event_id!),
      await idsOf(third.event_id!),
    ]
    expect(b).toEqual(a)
    expect(a!.session_id).toBe(first.session_id)
    expect(c!.visitor_id).not.toBe(a!.visitor_id)
  })

  it('ignores the visitor and user IDs of an event with a privacy signal', async () => {
    const event = makeEvent({ gpc: true, user_id: 'user-42' })
    await collector.post(event, { headers: { 'x-forwarded-for': '192.0.2.90' } })
    const [row] = await collector.select<Record<string, unknown>>(
      `SELECT visitor_id, user_id, cookieless, gpc FROM events WHERE event_id = '${event.event_id}'`,
    )
    expect(row).toMatchObject({ user_id: '', cookieless: true, gpc: true })
    expect(row!['visitor_id']).toMatch(/^[\w-]{27}$/)
  })

  it('treats events with the header Sec-GPC like those with a privacy signal', async () => {
    const gpcOf = async (header: string) => {
      const event = makeEvent({ user_id: 'user-42' })
      await collector.post(event, { headers: { ...otherClient().headers, 'sec-gpc': header } })
      const [row] = await collector.select<Record<string, unknown>>(
        `SELECT user_id, cookieless, gpc FROM events WHERE event_id = '${event.event_id}'`,
      )
      return row
    }
    expect(await gpcOf('1')).toEqual({ user_id: '', cookieless: true, gpc: true })
    expect(await gpcOf('0')).toMatchObject({ user_id: 'user-42', gpc: false })
  })

  it('counts events and heartbeats of a cookieless visitor as one visitor', async () => {
    const event = cookieless()
    await collector.post(event, { headers: { 'x-forwarded-for': '192.0.2.91' } })
    await beat({ session_id: event.session_id })
    const [ids] = await idsOf(event.event_id!)
    expect(
      await collector.select(`SELECT count() AS n FROM heartbeats WHERE visitor_id = '${ids!.visitor_id}'`),
    ).toEqual([{ n: 1 }])
  })

  it('stores neither the address nor the user agent of a visitor', async () => {
    const event = cookieless()
    await collector.post(event, { headers: { 'x-forwarded-for': '198.51.100.23' } })
    const rows = await collector.select(`SELECT * FROM events WHERE event_id = '${event.event_id}'`)
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toMatch(/198\.51\.100|Gecko/)
  })
})

describe('POST /e/heartbeat/{code}', () => {
  it('counts the visitor of a heartbeat as live and stores no event', async () => {
    const [before] = await collector.select<{ n: number }>('SELECT count() AS n FROM events')
    const answer = await beat({ session_id: 'session-heart', visitor_id: 'visitor-heart' })
    expect((await answer.json()) as IngestAnswer).toEqual({ success: true })
    const [row] = await collector.select<{ n: number }>(
      "SELECT count() AS n FROM heartbeats WHERE visitor_id = 'visitor-heart'",
    )
    const [after] = await collector.select<{ n: number }>('SELECT count() AS n FROM events')
    expect(row!.n).toBe(1)
    expect(after).toEqual(before)
  })

  it('lists the issues of an invalid heartbeat', async () => {
    const answer = await beat({ url: 'nowhere' })
    expect(((await answer.json()) as ErrorBody).error.details).toEqual([
      { field: 'session_id', reason: 'is missing' },
      { field: 'url', reason: 'must be an absolute http or https URL' },
    ])
  })
})

describe('CORS', () => {
  it('answers a preflight, and sends CORS headers even if no route matches', async () => {
    const preflight = await fetch(`${collector.url}/e/${collector.site.trackingCode}`, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Content-Type')
    for (const path of ['/nowhere', '/e/%zz']) {
      const answer = await collector.get(path)
      expect(answer.status).toBe(404)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(((await answer.json()) as ErrorBody).error.code).toBe('NOT_FOUND')
    }
  })
})
