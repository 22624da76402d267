import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const MIDNIGHT = Date.UTC(2026, 5, 2)
const MINUTE_MS = 60_000
const VISITS = 1_000
const AT_ONCE = 50

let now = MIDNIGHT - 10 * MINUTE_MS
let collector: TestCollector

beforeAll(async () => {
  collector = await startTestCollector({ TRUSTED_PROXIES: '127.0.0.1' }, { now: () => now })
})
afterAll(() => collector.close())

/** One page load per visit: every visit has its own network, every load another session id. */
async function loadPages(name: string): Promise<void> {
  for (let first = 0; first < VISITS; first += AT_ONCE) {
    now += 1000
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => {
        const { visitor_id: _none, ...event } = makeEvent({
          cookieless: true,
          session_id: `${name}-page-${first + index}`,
        })
        return collector.post(event, {
          headers: { 'x-forwarded-for': `10.${(first + index) >> 8}.${(first + index) & 255}.7` },
        })
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(AT_ONCE).fill(200))
  }
}

it('counts 1,000 cookieless visits across midnight as 1,000 sessions and 1,000 visitors on each day', async () => {
  await loadPages('evening')
  now = MIDNIGHT + 5 * MINUTE_MS
  await collector.restart()
  await loadPages('night')
  now = MIDNIGHT + 20 * MINUTE_MS
  await loadPages('later')
  const rows = await collector.select(
    'SELECT toString(toDate(received_at)) AS day, count() AS events, uniqExact(visitor_id) AS visitors, uniqExact(session_id) AS sessions FROM events GROUP BY ROLLUP(day) ORDER BY day',
  )
  expect(rows).toEqual([
    { day: '', events: 3 * VISITS, visitors: 2 * VISITS, sessions: VISITS },
    { day: '2026-06-01', events: VISITS, visitors: VISITS, sessions: VISITS },
    { day: '2026-06-02', events: 2 * VISITS, visitors: VISITS, sessions: VISITS },
  ])
})
