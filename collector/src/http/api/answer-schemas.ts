import { type TObject, type TProperties, Type } from '@sinclair/typebox'

/** The figures of visits, as every report names them. */
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
  time_zone: Type.String({ description: 'Whose days are counted, an IANA name.' }),
})

export const PAGINATION = Type.Object({
  limit: Type.Integer(),
  offset: Type.Integer(),
  has_more: Type.Boolean(),
  next_cursor: Type.Union([Type.String(), Type.Null()], {
    description: 'Give it as cursor to go on; null at the end.',
  }),
})

export const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(
  schema: Schema,
  description?: string,
) => Type.Union([schema, Type.Null()], description === undefined ? {} : { description })

/** The change of each figure. */
export const changeOf = (figures: TProperties): TObject =>
  Type.Object(Object.fromEntries(Object.keys(figures).map((name) => [name, orNull(Type.Number())])))

/** A row of a list: what it is about, its figures, and with a comparison those of the period before. */
export function rowOf(names: TProperties, figures: TProperties): TObject {
  return Type.Object({
    ...names,
    ...figures,
    previous: Type.Optional(
      orNull(
        Type.Object(figures),
        'Figures of the period before, with compare=previous; null when they are not known.',
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
