import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { orNull } from '../fields.js'

/** Schemas of the visit metrics, keyed by the names that every report uses. */
export const VISIT_FIGURES = {
  visitors: Type.Integer({ description: 'Distinct visitors.' }),
  visits: Type.Integer({ description: 'Visits.' }),
  page_views: Type.Integer({ description: 'Page views.' }),
  bounce_rate: orNull(Type.Number(), 'Percent of the visits with a page view; null without such visits.'),
  avg_visit_duration: orNull(Type.Number(), 'Seconds; null without visits with a page view.'),
  engaged_rate: orNull(
    Type.Number(),
    'Percent of the visits with known engaged time that had 10 seconds of it, two page views or an action; null without such visits.',
  ),
  avg_engaged_time: orNull(
    Type.Number(),
    'Seconds of engaged time per visit that has it; null without such visits.',
  ),
}

/** Schema of the period of a report. `from` and `to` can be sent back as the parameters of the same names. */
export const PERIOD_BOUNDS = Type.Object({
  from: Type.String({ description: 'First moment, ISO 8601, UTC.' }),
  to: Type.String({ description: 'First moment after the period, ISO 8601, UTC.' }),
  time_zone: Type.String({ description: 'IANA name of the time zone that days are counted in.' }),
})

export const PAGINATION = Type.Object({
  limit: Type.Integer(),
  offset: Type.Integer(),
  has_more: Type.Boolean(),
  next_cursor: Type.Union([Type.String(), Type.Null()], {
    description: 'The cursor of the next page; null at the end.',
  }),
})

/** Returns the schema of an object that contains the change of each metric. A change may be null. */
export const changeOf = (figures: TProperties): TObject =>
  Type.Object(Object.fromEntries(Object.keys(figures).map((name) => [name, orNull(Type.Number())])))

/**
 * Returns the schema of a list row. The row contains names and metrics and, if a comparison was requested,
 * the metrics of the previous period and their change.
 */
export function rowOf(names: TProperties, figures: TProperties): TObject {
  return Type.Object({
    ...names,
    ...figures,
    previous: Type.Optional(
      orNull(
        Type.Object(figures),
        'Figures of the previous period, with compare=previous; null when they are unknown.',
      ),
    ),
    change: Type.Optional(
      orNull(
        changeOf(figures),
        'Percent of the previous figure, for rates percentage points; null when the previous figure is 0 or unknown.',
      ),
    ),
  })
}

export interface Pagination {
  limit: number
  offset: number
  has_more: boolean
  next_cursor: string | null
}
