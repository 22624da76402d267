import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IngestEvent } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectEvery } from '../support/expect-every.js'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

// Programs that customers build on the API: each test makes the calls of one such program and reads the same
// fields.

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

interface Overview {
  success: boolean
  totalVisitors: number
  totalPageViews: number
  bounceRate: number
  data: {
    summary: { total_visitors: number; total_page_views: number }
    daily_stats: { date: string; total_visitors: number }[]
  }
}

interface Visitor {
  id: string
  country: string
  country_code: string
  country_name: string
  value_score: number
  landing_page: string
  visited_at: string
  last_seen: string
  pageviews: number
}

// At noon, the half hour before is part of today, at any time of the test.
const untilNoon = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2 - Date.now()

let collector: TestCollector

/** A chat or a CRM that receives posts. */
let receiver: Server
let receiverUrl: string
const received: unknown[] = []

function view(visitor: string, minutesAgo: number, fields: Partial<IngestEvent> = {}): IngestEvent {
  return makeEvent({
    visitor_id: `visitor-${visitor}`,
    session_id: `session-${visitor}`,
    age_ms: minutesAgo * MINUTE_MS,
    ...fields,
  })
}

async function send(country: string, events: IngestEvent[]): Promise<void> {
  const answer = await collector.post(events, { headers: { 'cf-ipcountry': country } })
  expect(await answer.json()).toMatchObject({ success: true, rejected: [] })
}

beforeAll(async () => {
  collector = await startTestCollector(
    { TRUSTED_PROXIES: '127.0.0.1', COUNTRY_HEADER: 'cf-ipcountry' },
    { now: () => Date.now() + untilNoon },
  )
  receiver = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push(JSON.parse(body))
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`

  // Two visitors on each of the six days before; today four bounces, and one visitor who reads on, signs up
  // and buys three minutes ago.
  for (let day = 1; day <= 6; day++)
    await send(
      'FR',
      ['a', 'b'].map((name) => view(`${name}-${day}`, (day * DAY_MS) / MINUTE_MS)),
    )
  await send(
    'DE',
    ['kim', 'lea', 'max', 'noa'].map((name, index) => view(name, 30 - index)),
  )
  await send('CH', [
    ...Array.from({ length: 11 }, (_, page) =>
      view('zoe', 20 - page, { url: `https://example.com/${page === 0 ? 'offer' : `pages/${page}`}` }),
    ),
    view('zoe', 10, { event_type: 'goal', event_name: 'signup' }),
    view('zoe', 9, { event_type: 'goal', event_name: 'trial' }),
    view('zoe', 3, { event_type: 'revenue', properties: { amount: 49, currency: 'USD' } }),
  ])
  await send(
    'DE',
    [1, 2].map((minutes) =>
      view('kim', 29 - minutes, {
        event_type: 'error',
        properties: { type: 'TypeError', message: 'cart is undefined' },
      }),
    ),
  )
})
afterAll(async () => {
  receiver.close()
  await collector.close()
})

async function ask<Answer>(path: string): Promise<Answer> {
  const answer = await collector.get(`/api/external/v1${path}`, { 'x-api-key': collector.apiKey })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Answer
}

const tell = (message: unknown) =>
  fetch(receiverUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  })

describe('a customer dashboard', () => {
  it("shows live visitors, today's numbers, top pages and errors on a dashboard", async () => {
    const { site } = collector
    const live = (await (await collector.get(`/e/live/${site.trackingCode}`)).json()) as { visitors: number }
    expect(live.visitors).toBe(1)
    const overview = await ask<Overview>(`/analytics/${site.id}?range=24h`)
    expect(overview.data.summary).toMatchObject({ total_visitors: 5, total_page_views: 15 })
    const pages = await ask<{ data: { pages: { url: string; views: number }[] } }>(
      `/analytics/${site.id}/pages?range=24h&limit=10`,
    )
    expect(pages.data.pages).toHaveLength(10)
    expect(pages.data.pages[0]).toMatchObject({ url: 'https://example.com/', views: 4 })
    const errors = await ask<{ data: { error_groups: unknown[] } }>(`/errors/${site.id}/groups?status=open`)
    expect(errors.data.error_groups.slice(0, 5)).toEqual([
      expect.objectContaining({ message: 'cart is undefined', type: 'TypeError', occurrence_count: 2 }),
    ])
  })

  it('compares the last day with the previous days on a dashboard', async () => {
    const week = await ask<Overview>(`/analytics/${collector.site.id}?range=7d`)
    const before = week.data.daily_stats.slice(0, -1)
    expect(before.map(({ total_visitors }) => total_visitors)).toEqual([2, 2, 2, 2, 2, 2])
  })

  it('returns the live count at its legacy path', async () => {
    const live = (await (await collector.get(`/live/${collector.site.trackingCode}`)).json()) as {
      visitors: number
      count: number
    }
    expect(live).toMatchObject({ visitors: 1, count: 1 })
  })
})

describe('a notification program', () => {
  it('posts the daily totals of a site to a chat', async () => {
    const day = await ask<Overview>(`/analytics/${collector.site.id}?timeRange=24h`)
    await tell({ text: `${day.totalVisitors} visitors, ${day.totalPageViews} views, ${day.bounceRate}%` })
    expect(received.at(-1)).toEqual({ text: '5 visitors, 15 views, 80%' })
  })

  it('reports a high-value visitor once, even if the API is polled repeatedly', async () => {
    let seenUntil = ''
    const told: string[] = []
    for (let look = 0; look < 3; look++) {
      const { data } = await ask<{ data: { visitors: Visitor[] } }>(
        `/analytics/${collector.site.id}/visitors?range=24h&limit=50`,
      )
      for (const visitor of data.visitors) {
        if (visitor.visited_at <= seenUntil || visitor.value_score < 70) continue
        told.push(
          `${visitor.id} ${visitor.value_score} ${visitor.country_name || visitor.country_code} ${visitor.landing_page}`,
        )
      }
      expect(data.visitors.map(({ visited_at }) => visited_at)).toEqual(
        data.visitors
          .map(({ visited_at }) => visited_at)
          .sort()
          .reverse(),
      )
      seenUntil = data.visitors[0]!.visited_at
    }
    // Eleven views 20, twelve minutes 20, two goals 20, revenue 15, direct 3.
    expect(told).toEqual(['visitor-zoe 78 Switzerland https://example.com/offer'])
  })

  it('copies every visitor from the visitor list to a CRM', async () => {
    const { data } = await ask<{ data: Visitor[] }>(`/analytics/${collector.site.id}/visitors`)
    for (const { country, last_seen, pageviews } of data)
      await tell({ country, last_seen, page_count: pageviews })
    const contacts = received.slice(-data.length) as {
      country: string
      last_seen: string
      page_count: number
    }[]
    expect(contacts).toHaveLength(17)
    expect(contacts.filter(({ country }) => country === 'DE')).toHaveLength(4)
    expect(contacts.filter(({ page_count }) => page_count > 1)).toEqual([
      { country: 'CH', last_seen: expect.any(String) as string, page_count: 11 },
    ])
    expectEvery(contacts, ({ last_seen }) => !Number.isNaN(Date.parse(last_seen)))
  })
})
