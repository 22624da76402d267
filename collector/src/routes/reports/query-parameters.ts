import { Type } from '@sinclair/typebox'
import { MAX_TEXT_LENGTH } from '../../http/api/parse-input.js'
import { oneOf } from '../../http/fields.js'
import { FIELD_FILTERS } from '../../reports/filters.js'
import { LONGEST_PERIOD_MONTHS, type Range, RANGES } from '../../reports/period.js'

export const MAX_LIMIT = 1000
const MAX_OFFSET = 100_000

const RANGE_NAMES = Object.keys(RANGES) as Range[]
const BOUND = { maxLength: 40 }

/** Query parameters that select the period of a report. */
export const PERIOD = {
  range: Type.Optional(
    oneOf(RANGE_NAMES, {
      description:
        'A period that ends now: the last 24 hours, or that many calendar days of the site including today. Default without from: 7d.',
    }),
  ),
  timeRange: Type.Optional(oneOf(RANGE_NAMES, { description: 'Deprecated name of range.' })),
  from: Type.Optional(
    Type.String({
      ...BOUND,
      description: `First day of the period (YYYY-MM-DD in the time zone of the site), or its first moment (ISO 8601). At most ${LONGEST_PERIOD_MONTHS} months before to.`,
      examples: ['2026-03-01'],
    }),
  ),
  to: Type.Optional(
    Type.String({
      ...BOUND,
      description:
        'Last day of the period, inclusive, or the first moment after it (ISO 8601). Default: now.',
      examples: ['2026-03-31'],
    }),
  ),
}

const filter = (description: string, minLength = 0) =>
  Type.Optional(Type.String({ minLength, maxLength: MAX_TEXT_LENGTH, description }))

const FIELD_DESCRIPTIONS: Record<keyof typeof FIELD_FILTERS, string> = {
  country: 'Visits from this country (ISO 3166 code).',
  device: 'Visits with this type of device: desktop, mobile, tablet …',
  browser: 'Visits with this browser.',
  os: 'Visits with this operating system.',
  source: 'Visits from this source.',
  channel: 'Visits through this channel.',
  utm_source: 'Visits with this utm_source.',
  utm_medium: 'Visits with this utm_medium.',
  utm_campaign: 'Visits with this utm_campaign.',
  utm_term: 'Visits with this utm_term.',
  utm_content: 'Visits with this utm_content.',
}

/**
 * Query parameters that filter whole visits. A visit must match every filter. An empty value selects the
 * visits for which the field is unknown.
 */
export const FILTERS = {
  ...(Object.fromEntries(
    Object.entries(FIELD_DESCRIPTIONS).map(([name, description]) => [name, filter(description)]),
  ) as Record<keyof typeof FIELD_FILTERS, ReturnType<typeof filter>>),
  path: filter('Visits with a pageview of this path.', 1),
  event: filter('Visits with a custom event or goal of this name.', 1),
}

export const COMPARE = {
  compare: Type.Optional(
    Type.Literal('previous', {
      description:
        'Adds the metrics of the previous period of the same length, and the change: in percent, for rates in percentage points.',
    }),
  ),
}

/** Returns the query parameters that select a page of a list. @param rows default of `limit` */
export const pagingOf = (rows: number) => ({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: rows, description: 'Rows per page.' }),
  ),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: MAX_OFFSET, default: 0, description: 'Rows to skip.' }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_000,
      description:
        'next_cursor of the previous page: continues after it, in the same period. Repeat the other parameters.',
    }),
  ),
})

export const FORMAT = {
  format: Type.Optional(
    oneOf(['json', 'csv'], { description: 'csv returns the rows only, as Accept: text/csv does.' }),
  ),
}
