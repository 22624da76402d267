import { BURST_LIMIT } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const KEY = 'key-of-a-proxy-for-all-sites-0123456789'
const NEXT_KEY = 'next-key-of-the-same-proxy-0123456789'
const SITE_KEY = 'key:of-a-proxy-for-one-site-0123456789'
const METRICS_TOKEN = 'token-of-these-tests-0123456789abcdef'
// Addresses of two countries in the bundled data.
const AMERICAN = '8.8.8.8'
const GERMAN = '5.9.0.1'

let collector: TestCollector
/** Tracking code of a site that SITE_KEY is not for. */
let otherCode: string

beforeAll(async () => {
  collector = await startTestCollector({ METRICS_TOKEN })
  await collector.restart({ PROXY_KEYS: ` ${KEY}, ${NEXT_KEY} ,${collector.site.id}:${SITE_KEY}` })
  const { control } = collector.collector
  otherCode = (await control.addSite({ domain: 'example.com', name: 'Other', allowedDomains: [] }))
    .trackingCode
})
afterAll(() => collector.close())

interface ProxyHeaders {
  key?: string | undefined
  address?: string | undefined
  country?: string | undefined
}

const headersOf = ({ key, address, country }: ProxyHeaders) => ({
  ...(key !== undefined && { 'x-zenovay-proxy-key': key }),
  ...(address !== undefined && { 'x-zenovay-client-address': address }),
  ...(country !== undefined && { 'x-zenovay-country': country }),
})

/** Sends an event and returns the country and visitor with which it was stored. */
async function store(headers: ProxyHeaders, code = collector.site.trackingCode) {
  const event = makeEvent({ cookieless: true })
  expect((await collector.post(event, { code, headers: headersOf(headers) })).status).toBe(200)
  const [row] = await collector.select<{ country: string; visitor_id: string }>(
    `SELECT country, visitor_id FROM events WHERE event_id = '${event.event_id}'`,
  )
  return row!
}

async function readCounters(): Promise<Record<string, number>> {
  const metrics = await collector.get('/metrics', { authorization: `Bearer ${METRICS_TOKEN}` })
  const counters = [
    ...(await metrics.text()).matchAll(/^zenovay_proxy_requests_total\{outcome="(\w+)"\} (\d+)$/gm),
  ]
  return Object.fromEntries(counters.map(([, outcome, count]) => [outcome!, Number(count)] as const))
}

/** Runs requests and returns by how much each counter grew. */
async function counting(run: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await readCounters()
  await run()
  const after = await readCounters()
  return Object.fromEntries(
    Object.entries(after).flatMap(([outcome, count]) =>
      count === before[outcome] ? [] : [[outcome, count - before[outcome]!]],
    ),
  )
}

describe('a proxy with a right key', () => {
  it.each([KEY, NEXT_KEY, SITE_KEY])('names the address and country of the visitor: %s', async (key) => {
    const counters = await counting(async () => {
      expect(await store({ key, address: AMERICAN })).toMatchObject({ country: 'US' })
      expect(await store({ key, address: AMERICAN, country: 'CH' })).toMatchObject({ country: 'CH' })
      expect(await store({ key, address: `[2001:db8::1]:443`, country: 'pt' })).toMatchObject({
        country: 'PT',
      })
      expect(await store({ key, address: GERMAN, country: 'no country' })).toMatchObject({ country: 'DE' })
    })
    expect(counters).toEqual({ accepted: 4 })
  })

  it('gives visitors of two networks two cookieless IDs, and one visitor always the same', async () => {
    const [first, again, other] = [
      await store({ key: KEY, address: AMERICAN }),
      await store({ key: SITE_KEY, address: AMERICAN }),
      await store({ key: KEY, address: GERMAN }),
    ]
    expect(again.visitor_id).toBe(first.visitor_id)
    expect(other.visitor_id).not.toBe(first.visitor_id)
  })

  it('gives each of 20 addresses limits of its own, for events, heartbeats and live counts', async () => {
    const addresses = Array.from({ length: 20 }, (_, index) => `203.0.113.${index + 1}`)
    const postBatch = (address: string, count: number) =>
      collector.post(
        Array.from({ length: count }, () => makeEvent()),
        { headers: headersOf({ key: KEY, address }) },
      )
    for (const address of addresses)
      for (let sent = 0; sent < BURST_LIMIT; sent += 30)
        expect((await postBatch(address, 30)).status, address).toBe(200)
    const limited = await postBatch(addresses[0]!, 1)
    expect([limited.status, limited.headers.has('retry-after')]).toEqual([429, true])

    const read = async (path: string, address: string) => {
      const init = path.includes('heartbeat')
        ? {
            method: 'POST',
            body: JSON.stringify({ session_id: 'session-of-heartbeats', visitor_id: 'visitor-1' }),
          }
        : {}
      const headers = headersOf({ key: SITE_KEY, address })
      return (await fetch(collector.url + path, { ...init, headers })).status
    }
    const code = collector.site.trackingCode
    for (const path of [`/e/live/${code}`, `/e/heartbeat/${code}`]) {
      const statuses = new Set<number>()
      while (!statuses.has(429)) statuses.add(await read(path, addresses[0]!))
      expect([...statuses], path).toEqual([200, 429])
      for (const address of addresses.slice(1)) expect(await read(path, address), path).toBe(200)
    }
    collector.passMinute()
  })
})

describe('a request without a right key', () => {
  it.each([
    ['no_key', {}],
    ['wrong_key', { key: '' }],
    ['wrong_key', { key: KEY.slice(0, -1) }],
    ['wrong_key', { key: `${KEY}x` }],
    ['wrong_key', { key: KEY.toUpperCase() }],
    ['wrong_key', { key: `${KEY}, ${KEY}` }],
    ['wrong_key', { key: SITE_KEY.split(':')[1] }],
    ['wrong_key', { key: 'x'.repeat(4_000) }],
  ])('counts for its connection and in the metrics: %s, %j', async (outcome, headers) => {
    const counters = await counting(async () =>
      expect(await store({ ...headers, address: AMERICAN, country: 'CH' })).toMatchObject({ country: '' }),
    )
    expect(counters).toEqual({ [outcome]: 1 })
  })

  it('counts for its connection if the key is of another site', async () => {
    const counters = await counting(async () => {
      const headers = { key: SITE_KEY, address: AMERICAN, country: 'CH' }
      expect(await store(headers, otherCode)).toMatchObject({ country: '' })
      const unknown = await collector.post(makeEvent(), {
        code: 'ZV_AAAAAAAAAAA',
        headers: headersOf(headers),
      })
      expect(unknown.status).toBe(404)
      // A script is of no site.
      expect((await collector.get('/z.js', headersOf(headers))).status).toBe(200)
    })
    expect(counters).toEqual({ other_site: 3 })
  })

  it.each([
    undefined,
    '',
    'unknown',
    '8.8.8.8, 9.9.9.9',
    '8.8.8',
    '999.1.1.1',
    "8.8.8.8' OR 1=1",
    'x'.repeat(4_000),
  ])('counts for its connection if the address is missing or not valid: %j', async (address) => {
    const counters = await counting(async () =>
      expect(await store({ key: KEY, address, country: 'CH' })).toMatchObject({ country: '' }),
    )
    expect(counters).toEqual({ no_address: 1 })
  })

  it('is not counted in the metrics if it has no such header', async () => {
    expect(await counting(() => store({}))).toEqual({})
  })
})
