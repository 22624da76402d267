import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { orNull } from '../fields.js'

/** The metrics of visits, by their names in every report. */
export const VISIT_FIGURES = {
  visitors: Type.Integer({ description: 'Distinct visitors.' }),
  visits: Type.Integer({ description: 'Visits.' }),
  page_views: Type.Integer({ description: 'Page views.' }),
  bounce_rate: Type.Number({ description: 'Percent of the visits with a page view.' }),
  avg_visit_duration: Type.Number({ description: 'Seconds.' }),
}

export const PERIOD_BOUNDS = Type.Object({
  from: Type.String({ description: 'First moment, ISO 8601, UTC.' }),
  to: Type.String({ description: 'Last moment, ISO 8601, UTC.' }),
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

/** The change of each metric. */
export const changeOf = (figures: TProperties): TObject =>
  Type.Object(Object.fromEntries(Object.keys(figures).map((name) => [name, orNull(Type.Number())])))

/** A row of a list: its names and metrics, and with a comparison the metrics of the previous period. */
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
        'Percent of the previous figure (null when that is 0), for rates percentage points.',
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
