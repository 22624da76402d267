import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClickhouseMetricSource } from '../../../src/stores/clickhouse/alert-metrics.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const MINUTE_MS = 60_000

let engine: TestEngine
beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.close())

it('selects the events of a window by the time they happened', async () => {
  const now = Date.now()
  const window = { from: now - 5 * MINUTE_MS, to: now }
  const store = await createClickhouseEventStore({ engine })
  const metrics = createClickhouseMetricSource({ engine })
  const minutesAgo = [1, 4, 6, 180]
  await store.insertEvents(
    minutesAgo.flatMap((minutes) =>
      (['pageview', 'goal', 'error'] as const).map((event_type) =>
        makeRow({
          event_type,
          visitor_id: `visitor-${minutes}`,
          session_id: `session-${minutes}`,
          occurred_at: now - minutes * MINUTE_MS,
          received_at: now - 1,
        }),
      ),
    ),
    'batch',
  )

  expect(await metrics.metrics('ws_1', window)).toEqual({
    visitors: 2,
    visits: 2,
    pageviews: 2,
    events: 2,
    goals: 2,
    errors: 2,
  })
  expect(await metrics.liveVisitors('ws_1', window)).toBe(2)
  await metrics.close()
  await store.close()
})
