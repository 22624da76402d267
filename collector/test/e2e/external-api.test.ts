import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey } from '@zenovay/collector'
import type { ErrorBody } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectEvery } from '../support/expect-every.js'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

interface Answer<Data> {
  success: boolean
  data: Data
}
interface OverviewData {
  summary: Record<string, number>
  daily_stats: { date: string; total_visitors: number; page_views: number }[]
  website: Record<string, unknown>
  time_range: string
}

let collector: TestCollector

beforeAll(async () => {
  // A visit that began before midnight would count for two days.
  await sleep(Math.max(0, MINUTE_MS - (Date.now() % DAY_MS)))
  collector = await startTestCollector()
  const view = (visitor: string, path: string, age: number, day = 0) =>
    makeEvent({
      visitor_id: `visitor-${visitor}`,
      session_id: `session-${visitor}-${day}`,
      url: `https://example.com${path}`,
      age_ms: day * DAY_MS + age * MINUTE_MS,
    })
  // Ages in minutes. Ann reads two pages and signs up; Bob leaves at once; Ann also came three days ago.
  await collector.post([
    view('ann', '/', 0.5),
    view('ann', '/pricing', 0.25),
    { ...view('ann', '/pricing', 0), event_type: 'custom', event_name: 'signup' },
    view('bob', '/', 0),
    view('ann', '/', 0, 3),
  ])
})
afterAll(() => collector.close())

const get = (path: string, headers: Record<string, string> = { 'x-api-key': collector.apiKey }) =>
  collector.get(`/api/external/v1${path}`, headers)

describe('GET /analytics/{id}', () => {
  it('returns the summary of a site and its days, oldest first', async () => {
    const answer = await get(`/analytics/${collector.site.id}?range=7d`)
    const body = (await answer.json()) as Answer<OverviewData> & Record<string, unknown>
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(body.success).toBe(true)
    expect(body.data.website).toMatchObject({
      id: collector.site.id,
      domain: 'example.com',
      tracking_code: collector.site.trackingCode,
    })
    expect(body.data.time_range).toBe('7d')
    // Bob's visit and Ann's visit of three days ago bounced: two of three visits.
    expect(body.data.summary).toMatchObject({
      total_visitors: 2,
      unique_visitors: 2,
      total_page_views: 4,
      bounce_rate: 66.7,
      avg_visit_duration: 10,
      engaged_rate: null,
      avg_engaged_time: null,
    })
    expect(body.data.daily_stats).toHaveLength(7)
    expect(
      body.data.daily_stats
        .map(({ total_visitors }) => total_visitors)
        .filter(Boolean)
        .sort(),
    ).toEqual([1, 2])
    expect(body.data.daily_stats.at(-1)!.date).toBe(new Date().toISOString().slice(0, 10))
    // Fields that older integrations read at the top level, with the older name of the parameter.
    expect(body).toMatchObject({ totalVisitors: 2, totalPageViews: 4, bounceRate: 66.7 })
  })

  it('accepts timeRange as an alias of range, and excludes older events', async () => {
    const body = (await (
      await get(`/analytics/${collector.site.id}?timeRange=24h`)
    ).json()) as Answer<OverviewData>
    expect(body.data.summary).toMatchObject({ total_visitors: 2, total_page_views: 3, bounce_rate: 50 })
  })

  it('returns zeros and unknown rates for a site without visits', async () => {
    const site = await collector.collector.control.addSite({
      domain: 'empty.example',
      name: 'Empty',
      allowedDomains: [],
    })
    const { secret, record } = createApiKey({ name: 'empty', siteId: site.id }, Date.now())
    await collector.collector.control.addApiKey(record)
    const body = (await (
      await get(`/analytics/${site.id}`, { authorization: `Bearer ${secret}` })
    ).json()) as Answer<OverviewData>
    expect(body.data.summary).toEqual({
      total_visitors: 0,
      unique_visitors: 0,
      total_visits: 0,
      total_page_views: 0,
      bounce_rate: null,
      avg_visit_duration: null,
      engaged_rate: null,
      avg_engaged_time: null,
    })
    // An older integration writes `${bounceRate}%`.
    expect(body).toMatchObject({ bounceRate: 0 })
    expectEvery(body.data.daily_stats, ({ page_views }) => page_views === 0)
  })
})

describe('GET /analytics/{id}/pages and /events', () => {
  it('ranks pages and returns their visitors, bounce rate and time until the next page', async () => {
    const body = (await (await get(`/analytics/${collector.site.id}/pages?range=7d`)).json()) as Answer<{
      pages: unknown[]
    }>
    expect(body.data.pages).toEqual([
      {
        url: 'https://example.com/',
        path: '/',
        views: 3,
        visitors: 2,
        entries: 3,
        exits: 2,
        bounce_rate: 66.7,
        avg_time: 15,
        scroll_depth: null,
      },
      {
        url: 'https://example.com/pricing',
        path: '/pricing',
        views: 1,
        visitors: 1,
        entries: 0,
        exits: 1,
        bounce_rate: null,
        avg_time: null,
        scroll_depth: null,
      },
    ])
    const first = (await (
      await get(`/analytics/${collector.site.id}/pages?range=7d&limit=1`)
    ).json()) as Answer<{ pages: unknown[] }>
    expect(first.data.pages).toHaveLength(1)
  })

  it('counts the events of a site by name', async () => {
    const body = (await (await get(`/analytics/${collector.site.id}/events`)).json()) as Answer<{
      events: unknown[]
    }>
    expect(body.data.events).toEqual([{ name: 'signup', count: 1, visitors: 1 }])
  })
})

describe('authorisation', () => {
  it.each([
    [{}],
    [{ 'x-api-key': 'zv_wrong' }],
    [{ 'x-api-key': `zv_${'0'.repeat(16)}_${'0'.repeat(64)}` }],
    [{ authorization: 'Basic YTpi' }],
  ])('rejects a request with the headers %j', async (headers) => {
    const answer = await get(`/analytics/${collector.site.id}`, headers)
    expect(answer.status).toBe(401)
    expect(((await answer.json()) as ErrorBody).error.code).toBe('UNAUTHORIZED')
  })

  it('rejects a site key for any other site, even if that site does not exist', async () => {
    const other = await collector.collector.control.addSite({
      domain: 'other.example',
      name: 'Other',
      allowedDomains: [],
    })
    for (const id of [other.id, 'ws_nothing']) expect((await get(`/analytics/${id}`)).status).toBe(403)
    const sites = (await (await get('/websites')).json()) as Answer<{ id: string }[]>
    expect(sites.data.map(({ id }) => id)).toEqual([collector.site.id])
  })

  it('lets an account key read every site of its account', async () => {
    const { secret, record } = createApiKey({ name: 'all', siteId: null }, Date.now())
    await collector.collector.control.addApiKey(record)
    expect((await get(`/analytics/${collector.site.id}`, { 'x-api-key': secret })).status).toBe(200)
    expect((await get('/analytics/ws_nothing', { 'x-api-key': secret })).status).toBe(404)
  })
})

it('lists every invalid query parameter with its allowed values', async () => {
  const answer = await get(`/analytics/${collector.site.id}/pages?range=2h&limit=0`)
  expect(answer.status).toBe(400)
  expect(((await answer.json()) as ErrorBody).error.details).toEqual([
    { field: 'range', reason: 'must be one of 24h, 7d, 30d, 90d, 1y' },
    { field: 'limit', reason: 'must be a whole number from 1 to 1000' },
  ])
})
