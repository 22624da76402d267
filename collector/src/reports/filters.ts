import type { ReportFilter, VisitField } from './report-store.js'

/** Maps each query parameter that filters by a visit field to the column that stores the field. */
export const FIELD_FILTERS = {
  country: 'country',
  device: 'device_type',
  browser: 'browser',
  os: 'os',
  source: 'source',
  channel: 'channel',
  utm_source: 'utm_source',
  utm_medium: 'utm_medium',
  utm_campaign: 'utm_campaign',
  utm_term: 'utm_term',
  utm_content: 'utm_content',
} as const satisfies Record<string, VisitField>

/**
 * Maximum number of `property[key]=value` filters of one report. Each one is a condition of its own on the
 * events of every visit: with hundreds of them, a query exceeds its limits of time and memory. An event has at
 * most 30 properties.
 */
export const MAX_PROPERTY_FILTERS = 30

/** Matches a query parameter such as `property[plan]`. A property key has at most 40 characters. */
export const PROPERTY_PARAMETER = /^property\[(.{1,40})\]$/su

/**
 * Parses the report filters in a query string. Returns the filters in a fixed order, regardless of the order
 * of the query parameters.
 */
export function parseFilters(query: Record<string, unknown>): ReportFilter[] {
  const filters: ReportFilter[] = []
  for (const [parameter, field] of Object.entries(FIELD_FILTERS)) {
    const value = query[parameter]
    if (typeof value === 'string') filters.push({ by: 'field', field, value })
  }
  for (const by of ['path', 'event'] as const) {
    const value = query[by]
    if (typeof value === 'string') filters.push({ by, value })
  }
  for (const parameter of Object.keys(query).sort()) {
    const key = PROPERTY_PARAMETER.exec(parameter)?.[1]
    const value = query[parameter]
    if (key !== undefined && typeof value === 'string') filters.push({ by: 'property', key, value })
  }
  return filters
}
