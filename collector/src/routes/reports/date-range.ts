import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { PERIOD_BOUNDS } from '../../http/api/answer-schemas.js'
import { type ApiAnswer, toIso } from '../../http/api/route.js'
import type { Period } from '../../reports/report-store.js'

const EXAMPLE = {
  from: '2026-03-25T23:00:00.000Z',
  to: '2026-04-01T10:15:00.000Z',
  time_zone: 'Europe/Zurich',
}

interface ReportDocs {
  data: TSchema
  beside?: TObject
  example?: unknown
}

/**
 * Converts a period to JSON. The end is exclusive, as in the parameter `to`, so that `from` and `to` can be
 * sent back to ask for the same period.
 */
export function toPeriodJson({ from, to }: Period, timeZone: string) {
  return { from: toIso(from), to: toIso(to), time_zone: timeZone }
}

/**
 * Adds the field `date_range` to the documentation of a report. It is a field of `data`, or is next to `data`
 * if `data` is an array.
 */
export function documentDateRange({ data, beside, example }: ReportDocs): ReportDocs {
  const variants = (data['anyOf'] as TSchema[] | undefined) ?? [data]
  const documented = variants.map((variant) =>
    variant['type'] === 'object'
      ? Type.Object({ date_range: PERIOD_BOUNDS, ...(variant as TObject).properties })
      : variant,
  )
  const isArray = variants.some((variant) => variant['type'] === 'array')
  return {
    data: documented.length === 1 ? documented[0]! : Type.Union(documented),
    ...((beside || isArray) && {
      beside: Type.Object({
        ...beside?.properties,
        ...(isArray && { date_range: Type.Optional(PERIOD_BOUNDS) }),
      }),
    }),
    example: { date_range: EXAMPLE, ...(example as object) },
  }
}

/** Adds the field `date_range` to the answer of a report, where {@link documentDateRange} documents it. */
export function addDateRange(answer: ApiAnswer, period: Period, timeZone: string): ApiAnswer {
  const date_range = toPeriodJson(period, timeZone)
  return Array.isArray(answer.data)
    ? { ...answer, beside: { ...answer.beside, date_range } }
    : { ...answer, data: { date_range, ...(answer.data as object) } }
}
