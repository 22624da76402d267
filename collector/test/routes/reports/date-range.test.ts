import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXTERNAL_ROUTES } from '../../../src/routes/index.js'
import { MADE_UP_REPORTS } from '../../support/made-up-reports.js'
import { type ExternalApi, openExternalApi } from '../../support/open-external-api.js'

let api: ExternalApi
// A key allows 120 requests a minute.
beforeEach(async () => {
  api = await openExternalApi(MADE_UP_REPORTS)
})
afterEach(() => api.close())

/** Every report, with an event and a visitor that exist. */
const REPORTS = EXTERNAL_ROUTES.filter(({ query }) => 'range' in query.properties).map(({ path }) =>
  path.replace('{name}', 'signup').replace('{visitor}', 'visitor-3').replace('{group}', 'a1'),
)
interface DateRange {
  from: string
  to: string
  time_zone: string
}

/** Asks for a report, and returns its period and the period that it asked the store for. */
async function askPeriod(path: string, query: string) {
  const { status, body } = await api.get(`${path}?${query}`)
  expect(status, `${path}?${query}`).toBe(200)
  const shown = { ...body, ...body.data } as unknown as { date_range: DateRange }
  return { shown: shown.date_range, period: api.asked.at(-1)!.scope.period }
}

describe.each(REPORTS)('the date_range of %s', (path) => {
  it.each([
    '',
    'range=24h',
    'timeRange=1y',
    'from=2026-03-01&to=2026-03-29',
    'from=2026-03-29T00:30:00.001&to=2026-03-29T04:00:00.500',
  ])('asks for the same period when it is sent back (%s)', async (query) => {
    const { shown, period } = await askPeriod(path, query)
    expect(shown).toEqual({
      from: new Date(period.from).toISOString(),
      to: new Date(period.to).toISOString(),
      time_zone: 'Europe/Zurich',
    })
    const again = await askPeriod(path, `from=${shown.from}&to=${shown.to}`)
    expect(again).toEqual({ shown, period })
  })
})

it('sends the date_range of the visitors next to an array', async () => {
  const { body } = await api.get('/analytics/{id}/visitors')
  expect(Array.isArray(body.data)).toBe(true)
  expect(body).toMatchObject({ date_range: { to: '2026-04-01T10:00:00.001Z' } })
})

it('asks for the period of a comparison when its date_range is sent back', async () => {
  const { body } = await api.get('/analytics/{id}?range=7d&compare=previous')
  const { date_range } = body.data.comparison as { date_range: DateRange }
  const previous = Math.min(...api.asked.map(({ scope }) => scope.period.from))
  const { shown, period } = await askPeriod('/analytics/{id}', `from=${date_range.from}&to=${date_range.to}`)
  expect([shown, period.from]).toEqual([date_range, previous])
})
