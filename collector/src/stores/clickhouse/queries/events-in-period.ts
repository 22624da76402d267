import { DAY_MS } from '../../../durations.js'
import type { ReportScope } from '../../../reports/report-store.js'
import { momentSql } from '../client.js'
import { EVENT_PART, EVENTS_AROUND, VISIT_PARTS } from './visit-parts.js'
import { buildScopeSql } from './visits.js'

const startOfUtcDay = (ms: number) => Math.floor(ms / DAY_MS) * DAY_MS

/**
 * Builds the condition for events that happened in the period of a scope, by their own time. Filters apply to the visit
 * of an event. `params` are the values of its parameters.
 */
export function eventsInPeriod(scope: ReportScope): { sql: string; params: Record<string, unknown> } {
  const { from, to } = scope.period
  // Include visits that began on the UTC day before, because their events may have occurred within the period.
  const { visits, params } = buildScopeSql({ ...scope, period: { from: startOfUtcDay(from) - DAY_MS, to } })
  const inVisits =
    scope.filters.length === 0 ? '' : `AND ${EVENT_PART} IN (SELECT arrayJoin(${VISIT_PARTS}) FROM ${visits})`
  return {
    sql: `${EVENTS_AROUND} AND occurred_at >= ${momentSql('since')} AND occurred_at < ${momentSql('to')} ${inVisits}`,
    params: { ...params, since: from },
  }
}
