import { type TLiteral, type TUnion, Type } from '@sinclair/typebox'
import { MAX_TEXT_LENGTH } from '../../http/api/read-input.js'
import { FIELD_FILTERS } from '../../reports/filters.js'
import { LONGEST_PERIOD_MONTHS, type Range, RANGES } from '../../reports/period.js'

export const MAX_LIMIT = 1000
const MAX_OFFSET = 100_000

/** One of several words. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  options: Record<string, unknown> = {},
): TUnion<TLiteral<Word>[]> {
  return Type.Union(
    words.map((word) => Type.Literal(word)),
    options,
  )
}

const RANGE_NAMES = Object.keys(RANGES) as Range[]
const BOUND = { maxLength: 40 }

/** The period of a report. */
export const PERIOD = {
  range: Type.Optional(
    oneOf(RANGE_NAMES, {
      description:
        'A period that ends now: the last 24 hours, or that many days of the site’s calendar, today the last of them. Without from, 7d unless it says otherwise.',
    }),
  ),
  timeRange: Type.Optional(oneOf(RANGE_NAMES, { description: 'Older name of range.' })),
  from: Type.Optional(
    Type.String({
      ...BOUND,
      description: `First day of the period (YYYY-MM-DD, by the site’s time zone), or its first moment (ISO 8601). At most ${LONGEST_PERIOD_MONTHS} months before to.`,
      examples: ['2026-03-01'],
    }),
  ),
  to: Type.Optional(
    Type.String({
      ...BOUND,
      description:
        'Last day of the period, which belongs to it; or the first moment after it (ISO 8601). Now unless given.',
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
  channel: 'Visits of this channel.',
  utm_source: 'Visits with this utm_source.',
  utm_medium: 'Visits with this utm_medium.',
  utm_campaign: 'Visits with this utm_campaign.',
  utm_term: 'Visits with this utm_term.',
  utm_content: 'Visits with this utm_content.',
}

/** Each selects whole visits; several must all be fulfilled. An empty value asks for visits where it is not known. */
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
        'Adds the figures of the period before, of the same length, and the change: in percent, for rates in percentage points.',
    }),
  ),
}

/** Which part of a list; its first `rows` unless it says otherwise. */
export const pagingOf = (rows: number) => ({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: rows, description: 'Rows of an answer.' }),
  ),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: MAX_OFFSET, default: 0, description: 'Rows to leave out before.' }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_000,
      description:
        'next_cursor of the answer before: goes on where it ended, in the same period. The other parameters stay as they were.',
    }),
  ),
})

export const FORMAT = {
  format: Type.Optional(
    oneOf(['json', 'csv'], { description: 'csv gives the rows alone, as Accept: text/csv does.' }),
  ),
}
