import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ApiError } from '../../../src/errors.js'
import { createRateLimiter, INGEST_RULES, LIVENESS_RULES } from '../../../src/http/rate-limit.js'
import { createMetrics } from '../../../src/ingest/metrics.js'
import {
  createEventProcessor,
  createIngest,
  type EventProcessorServices,
  type IngestServices,
} from '../../../src/ingest/pipeline.js'
import { createRateModel } from '../../support/rate-model.js'

const site = {
  id: 'ws_1',
  accountId: 'acc_default',
  trackingCode: 'ZV_TEST',
  domain: 'example.com',
  name: '',
  allowedDomains: [],
  timeZone: 'UTC',
  retentionMonths: 25,
  searchParameters: [],
  createdAt: 0,
}

it('admits the same number of requests if the system time is set back or forward', async () => {
  const step = fc.record({
    elapsed: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 10_001 })),
    clockStep: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -86_400_000, max: 86_400_000 }) },
    ),
    events: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
  })
  let refusals = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 200, size: 'max' }), async (steps) => {
      let [wall, steady] = [Date.UTC(2026, 10, 21), 5_000]
      const clock = () => steady
      const limiters = {
        events: createRateLimiter({ rules: INGEST_RULES, clock }),
        heartbeats: createRateLimiter({ rules: LIVENESS_RULES, clock }),
      }
      const now = () => wall
      // The admitted bodies are invalid, so no later stage runs.
      const processEvent = createEventProcessor({} as EventProcessorServices)
      const geo = { countryOf: () => '' }
      const ingest = createIngest({
        findSite: () => Promise.resolve(site),
        limiters,
        processEvent,
        geo,
        tallies: createMetrics(),
        now,
      } as Partial<IngestServices> as IngestServices)
      const model = createRateModel(INGEST_RULES)
      for (const { elapsed, clockStep, events } of steps) {
        steady += elapsed
        wall += elapsed + clockStep
        const body = JSON.stringify(Array.from({ length: events }, () => ({})))
        const refusal: unknown = await ingest
          .ingestEvents({
            code: site.trackingCode,
            body,
            ip: '192.0.2.1',
            cdnCountry: '',
            origin: undefined,
            hasGpcHeader: false,
            language: '',
          })
          .catch((error: unknown) => error)
        const allowed = model.take('192.0.2.1', events, steady)
        expect((refusal as ApiError).code).toBe(allowed ? 'VALIDATION_ERROR' : 'RATE_LIMIT_EXCEEDED')
        if (!allowed) refusals++
      }
    }),
    { numRuns: 40 },
  )
  expect(refusals).toBeGreaterThan(200)
})
