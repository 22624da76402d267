import { afterAll, beforeAll, expect, it } from 'vitest'
import type { VitalFigures, VitalsRow } from '../../../src/reports/report-store.js'
import { sliceOf } from '../../support/fake-reports.js'
import { type ExternalApi, openExternalApi } from '../../support/open-external-api.js'

const figures = (samples: number, p75 = 0.12345): VitalFigures => ({
  samples,
  p75,
  good: samples - 5,
  needsImprovement: 3,
  poor: 2,
})
const makeVitals = (name: string, samples: number): VitalsRow => ({
  name,
  navigations: samples,
  lcp: figures(samples, 2_345.6),
  inp: figures(samples, 190),
  cls: figures(samples),
  fcp: figures(samples, 1),
  ttfb: figures(samples, 1),
})

let api: ExternalApi
const rows = [makeVitals('/', 30), makeVitals('/rare', 19)]
beforeAll(async () => {
  api = await openExternalApi({
    vitals: async (_scope, { by, slice }) => sliceOf(by ? rows : [makeVitals('', 49)], slice),
  })
})
afterAll(() => api.close())

it('returns percentiles and the share of each rating, and null for fewer than 20 samples', async () => {
  const { body } = await api.get('/analytics/{id}/vitals')
  expect(body.data).toMatchObject({
    by: 'page',
    total: { navigations: 49, lcp: { samples: 49 } },
    rows: [
      {
        name: '/',
        lcp: { samples: 30, p75: 2_346, good: 83.3, needs_improvement: 10, poor: 6.7 },
        cls: { samples: 30, p75: 0.123 },
      },
      { name: '/rare', lcp: { samples: 19, p75: null, good: null, needs_improvement: null, poor: null } },
    ],
  })
})

it('pages through the rows, and refuses an unknown dimension', async () => {
  const { body } = await api.get('/analytics/{id}/vitals?by=device&limit=1')
  expect(body.data['pagination']).toMatchObject({ has_more: true })
  expect(api.asked.at(-1)!.rest).toEqual([{ by: 'device', slice: { limit: 2, offset: 0 } }])
  expect((await api.get('/analytics/{id}/vitals?by=town')).status).toBe(400)
})

it('returns the rows as a table', async () => {
  const { text } = await api.get('/analytics/{id}/vitals?format=csv')
  const [header, first] = text.split('\r\n')
  expect(header).toMatch(
    /^name,navigations,lcp_samples,lcp_p75,lcp_good,lcp_needs_improvement,lcp_poor,inp_samples/,
  )
  expect(first).toMatch(/^\/,30,30,2346,83.3,10,6.7,30,190/)
})
