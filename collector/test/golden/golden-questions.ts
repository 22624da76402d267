import { VISIT_FIELDS, type Period, type ReportFilter } from '../../src/reports/report-store.js'
import type { Random } from './create-random.js'
import { HOUR_MS, MINUTE_MS, NOW } from './golden-month.js'
import { HOSTILE_TEXTS } from './hostile-texts.js'
import { writeValue } from './select-visits.js'
import { RANGES, periodOfDates, periodOfRange, type Range } from './true-periods.js'
import type { PlannedVisit } from './visit-plan.js'
import { startOfDate } from './zone-days.js'

/** A period as requested, and the moments it must cover. */
export interface AskedPeriod {
  query: Record<string, string>
  period: Period
  name: Range | 'custom'
}

/** The question for a report, for the site of one time zone. */
export interface Question {
  timeZone: string
  asked: AskedPeriod
  filters: readonly ReportFilter[]
}

const askRange = (range: Range, timeZone: string): AskedPeriod => ({
  query: { range },
  period: periodOfRange(range, timeZone),
  name: range,
})

/** Every way to request a period: ranges, days around clock changes, and moments. */
export function listPeriods(timeZone: string): AskedPeriod[] {
  const custom = (query: Record<string, string>, period: Period): AskedPeriod => ({
    query,
    period,
    name: 'custom',
  })
  const dates = (from: string, to: string) => custom({ from, to }, periodOfDates(from, to, timeZone))
  const morning = startOfDate(timeZone, '2024-10-14') + 6.5 * HOUR_MS
  return [
    ...RANGES.map((range) => askRange(range, timeZone)),
    { query: {}, period: periodOfRange('7d', timeZone), name: '7d' },
    { query: { timeRange: '30d' }, period: periodOfRange('30d', timeZone), name: '30d' },
    dates('2024-10-05', '2024-10-28'),
    dates('2024-10-27', '2024-10-27'),
    dates('2024-10-06', '2024-10-06'),
    custom({ from: '2024-10-26' }, { from: startOfDate(timeZone, '2024-10-26'), to: NOW + 1 }),
    custom(
      { from: '2024-10-11T22:00:00.001Z', to: '2024-10-12T21:59:59.999Z' },
      { from: Date.UTC(2024, 9, 11, 22) + 1, to: Date.UTC(2024, 9, 12, 22) - 1 },
    ),
    custom(
      { from: '2024-10-14T06:30', to: '2024-10-20T12:00:00+02:00' },
      { from: morning, to: Date.UTC(2024, 9, 20, 10) },
    ),
    // An hour that occurs twice in Zurich.
    custom(
      { from: '2024-10-27T00:30:00Z', to: '2024-10-27T01:30:00Z' },
      { from: Date.UTC(2024, 9, 27) + 30 * MINUTE_MS, to: Date.UTC(2024, 9, 27, 1) + 30 * MINUTE_MS },
    ),
  ]
}

/** Filters of every kind, alone and combined; most of them match some visits. */
export function listFilters(visits: readonly PlannedVisit[], random: Random): ReportFilter[][] {
  const alone: ReportFilter[] = VISIT_FIELDS.map((field) => ({
    by: 'field',
    field,
    value: random.pick(
      filtersOfVisit(random.pick(visits)).filter((filter) => filter.by === 'field' && filter.field === field),
    ).value,
  }))
  const hostile: ReportFilter[] = [
    { by: 'field', field: 'country', value: '' },
    { by: 'field', field: 'source', value: '' },
    { by: 'field', field: 'browser', value: HOSTILE_TEXTS[0] },
    { by: 'field', field: 'utm_source', value: `'; DROP TABLE events; --` },
    { by: 'field', field: 'utm_term', value: '%_%' },
    { by: 'field', field: 'os', value: 'no such system' },
    { by: 'path', value: '/' },
    { by: 'path', value: "/it's" },
    { by: 'path', value: '/größe 🛒' },
    { by: 'event', value: 'signup' },
    { by: 'event', value: HOSTILE_TEXTS[0] },
    { by: 'event', value: ' around ' },
    { by: 'property', key: 'plan', value: 'pro' },
    { by: 'property', key: 'plan', value: '42' },
    { by: 'property', key: 'plan', value: '' },
    { by: 'property', key: 'size', value: 'true' },
    { by: 'property', key: 'plan', value: '1e+21' },
    { by: 'property', key: 'size', value: '0.30000000000000004' },
    { by: 'property', key: 'a[b]', value: 'free' },
    { by: 'property', key: 'a.b', value: HOSTILE_TEXTS[7] },
    { by: 'property', key: "it's", value: HOSTILE_TEXTS[0] },
    { by: 'property', key: 'über 🛒', value: 'scale' },
    { by: 'property', key: '%_', value: 'no such value' },
  ]
  const several = Array.from({ length: 16 }, () => pickDifferent(filtersOfVisit(random.pick(visits)), random))
  return [...[...alone, ...hostile].map((filter) => [filter]), ...several]
}

/** Every filter that a visit matches. */
function filtersOfVisit({ events }: PlannedVisit): ReportFilter[] {
  const { client, arrival } = events[0]!
  const first = { ...client, ...arrival }
  const named = events.filter(({ type }) => type === 'custom' || type === 'goal')
  return [
    ...VISIT_FIELDS.map((field): ReportFilter => ({ by: 'field', field, value: first[field] })),
    ...events
      .filter(({ type }) => type === 'pageview')
      .map(({ path }): ReportFilter => ({ by: 'path', value: path })),
    ...named.map(({ name }): ReportFilter => ({ by: 'event', value: name })),
    ...named.flatMap(({ properties }) =>
      Object.entries(properties).map(([key, value]): ReportFilter => ({
        by: 'property',
        key,
        value: writeValue(value),
      })),
    ),
  ]
}

/** Picks two to four filters with different parameters. */
function pickDifferent(filters: readonly ReportFilter[], random: Random): ReportFilter[] {
  const picked = new Map(
    Array.from({ length: random.whole(2, 4) }, () => random.pick(filters)).map((filter) => [
      Object.keys(writeFilter(filter))[0]!,
      filter,
    ]),
  )
  return [...picked.values()]
}

/** The query parameter of a filter. */
export function writeFilter(filter: ReportFilter): Record<string, string> {
  if (filter.by === 'property') return { [`property[${filter.key}]`]: filter.value }
  if (filter.by !== 'field') return { [filter.by]: filter.value }
  return { [filter.field === 'device_type' ? 'device' : filter.field]: filter.value }
}

/** The query string of a question. */
export function writeQuery({ asked, filters }: Question, more: Record<string, string> = {}): string {
  const parameters = [asked.query, ...filters.map(writeFilter), more].flatMap((part) => Object.entries(part))
  return new URLSearchParams(parameters).toString()
}
