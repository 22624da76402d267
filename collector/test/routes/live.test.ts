import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorBody, LiveAnswer } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let collector: TestCollector

beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

it('counts distinct visitors with an event or a heartbeat as live', async () => {
  await collector.post([
    makeEvent({ visitor_id: 'visitor-a' }),
    makeEvent({ visitor_id: 'visitor-a' }),
    makeEvent({ visitor_id: 'visitor-b' }),
  ])
  await fetch(`${collector.url}/e/heartbeat/${collector.site.trackingCode}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{"session_id":"session-c","visitor_id":"visitor-c"}',
  })
  for (const path of ['/e/live/', '/live/']) {
    const answer = await collector.get(path + collector.site.trackingCode)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=5')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const body = (await answer.json()) as LiveAnswer
    expect(body).toMatchObject({ visitors: 3, count: 3 })
    expect(Math.abs(Date.parse(body.timestamp) - Date.now())).toBeLessThan(60_000)
  }
})

it('returns a live count that is at most two seconds out of date', async () => {
  const { id, trackingCode } = await collector.collector.control.addSite({
    domain: 'late.example',
    name: 'Late',
    allowedDomains: [],
  })
  const readLive = async () => (await (await collector.get(`/live/${trackingCode}`)).json()) as LiveAnswer
  await collector.command(
    `INSERT INTO events (site_id, received_at, occurred_at, visitor_id) SELECT '${id}', now64(3) - 360, now64(3) - 360, 'visitor-old'`,
  )
  expect((await readLive()).visitors).toBe(0)
  await collector.post(makeEvent({ visitor_id: 'visitor-d', url: 'https://late.example/' }), {
    code: trackingCode,
  })
  // The time after which an answer must not come from an older count.
  await sleep(2_100)
  expect((await readLive()).visitors).toBe(1)
})

it('does not count the visitors of events that happened earlier as live', async () => {
  const { trackingCode } = await collector.collector.control.addSite({
    domain: 'imported.example',
    name: 'Imported',
    allowedDomains: [],
  })
  const agesMs = [0, 4, 6, 60, 24 * 60].map((minutes) => minutes * 60_000)
  await collector.post(
    agesMs.map((age_ms) =>
      makeEvent({ visitor_id: `visitor-${age_ms}`, url: 'https://imported.example/', age_ms }),
    ),
    { code: trackingCode },
  )
  expect(await (await collector.get(`/live/${trackingCode}`)).json()).toMatchObject({ visitors: 2 })
})

it('answers 404 for an unknown tracking code', async () => {
  const answer = await collector.get('/e/live/ZV_NOBODY')
  expect(answer.status).toBe(404)
  expect(((await answer.json()) as ErrorBody).error.code).toBe('UNKNOWN_TRACKING_CODE')
})
