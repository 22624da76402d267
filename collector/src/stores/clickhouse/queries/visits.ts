import { DAY_MS } from '../../../durations.js'
import type { ReportFilter } from '../../../reports/report-store.js'
import { momentSql } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import {
  ENGAGEMENT_SUMS,
  FIRST_EVENT_COLUMNS,
  UNSORTED_READINGS,
  visitEvents,
  withReadings,
} from './visit-events.js'
import {
  beganBetween,
  beganOn,
  EVENT_PART,
  EVENTS_AROUND,
  eventsAround,
  MAKES_VISIT,
  ofSessionsBetween,
  VISIT_PARTS,
  visitsWith,
} from './visit-parts.js'

// In this file, `from` and `to` are names of statement parameters that contain Unix times in milliseconds.

/** The start of a visit as Unix time in milliseconds. */
export const BEGAN_MS = 'toUnixTimestamp64Milli(started_at)'

/** Extracts the time of a step of a visit, as Unix time in milliseconds. */
export const momentOf = (step: string) => `intDiv(${step}, 1024)`

/**
 * Condition for revenue events that have an amount: a number below a quadrillion, more than which no sum of them could
 * represent.
 */
export const WITH_AMOUNT =
  "event_type = 'revenue' AND JSONType(properties, 'amount') IN ('Int64', 'UInt64', 'Double') AND abs(JSONExtractFloat(properties, 'amount')) < 1e15"

/** The columns of a visit, in the order of the `visits` table and of {@link visitsBetween}. */
export const VISIT_COLUMNS = [
  'session_id',
  'started_at',
  'ended_at',
  'pageviews',
  'actions',
  'bounced',
  'goals',
  'revenues',
  'entry_origin',
  'entry_path',
  'exit_origin',
  'exit_path',
  'steps',
  'visitor',
  'lasted_ms',
  'engagements',
  'engaged_ms',
  ...FIRST_EVENT_COLUMNS,
].join(', ')

/** Which columns a query for visits has: those of {@link VISIT_COLUMNS}, or also `readings`, which takes longer. */
interface VisitDetail {
  withReadings?: boolean
}

const columnsOf = ({ withReadings = false }: VisitDetail) =>
  withReadings ? `${VISIT_COLUMNS}, readings` : VISIT_COLUMNS

/**
 * Builds a query that groups events into one row per visit, for visits that began between two times. Use it
 * as a subquery, because the engine then computes only the selected columns. The rules of visits are in
 * visit-parts.ts.
 *
 * Entry and exit are empty for a visit without a pageview. `steps` contains the pageviews in order, as tuples
 * of time (in 1024ths of a millisecond), origin and path. `visitor` is a hash of the visitor ID. `actions` counts the events that end a
 * bounce. Engagement and `readings` are described in visit-events.ts. `and` is an additional condition for events `e` and
 * begins with AND.
 */
export function visitsBetween(
  from: string,
  to: string,
  and = '',
  { withReadings: isRead }: VisitDetail = {},
): string {
  const visits = `
  SELECT
    session_id,
    minIf(occurred_at, ${MAKES_VISIT}) AS started_at,
    maxIf(occurred_at, ${MAKES_VISIT}) AS ended_at,
    countIf(is_pageview) AS pageviews,
    countIf(event_type IN ('custom', 'goal', 'revenue', 'identify') AND interactive) AS actions,
    pageviews = 1 AND actions = 0 AS bounced,
    countIf(event_type = 'goal') AS goals,
    countIf(${WITH_AMOUNT} AND JSONExtractFloat(properties, 'amount') > 0) AS revenues,
    argMinIf(e.origin, place, is_pageview) AS entry_origin,
    argMinIf(e.path, place, is_pageview) AS entry_path,
    argMaxIf(e.origin, place, is_pageview) AS exit_origin,
    argMaxIf(e.path, place, is_pageview) AS exit_path,
    arrayMap(step -> (intDiv(step.1, 1024), step.2, step.3), arraySort(groupArrayIf((place, e.origin, e.path), is_pageview))) AS steps,
    argMinIf(cityHash64(e.visitor_id), place, ${MAKES_VISIT}) AS visitor,
    ${ENGAGEMENT_SUMS},
    ${isRead ? `${UNSORTED_READINGS},` : ''}
    ${FIRST_EVENT_COLUMNS.map((column) => `argMinIf(e.${column}, place, ${MAKES_VISIT}) AS ${column}`).join(',\n    ')}
  FROM ${visitEvents(`${eventsAround(from, to)} ${and}`, beganOn(from, to, and))} AS e
  GROUP BY session_id, began_on
  HAVING began_on >= toDate(${momentSql(from)}) AND ${beganBetween(from, to)}`
  return isRead ? withReadings(visits) : visits
}

/**
 * Precision of the approximate visitor counts (sketches) in `page_days`. Sketches with different precisions
 * cannot be merged.
 */
export const SKETCH_PRECISION = 17

interface VisitorCount {
  /** Whether to count approximately, with a sketch. */
  isSketched: boolean
  /** Condition for the rows to count. */
  where?: string | undefined
  /** Whether to return the intermediate state of the sketch, as stored in `page_days`. */
  asState?: boolean
}

/** Builds the aggregate function that counts the distinct values of the `visitor` column. */
export function countVisitorsSql({ isSketched, where, asState = false }: VisitorCount): string {
  const name = isSketched ? 'uniqCombined64' : 'uniqExact'
  const precision = isSketched ? `(${SKETCH_PRECISION})` : ''
  const args = where === undefined ? 'visitor' : `visitor, ${where}`
  return `${name}${asState ? 'State' : ''}${where === undefined ? '' : 'If'}${precision}(${args})`
}

/** The SQL for the visits of a scope, as a subquery in parentheses, and the values of its parameters. */
export interface ScopeSql {
  visits: string
  /**
   * Builds the aggregate function that counts the visitors of these visits, or of the visits that match
   * `where`.
   */
  countVisitors: (where?: string) => string
  params: Record<string, unknown>
}

/**
 * Builds the SQL for the visits in the period of a scope that match every filter, with the columns of
 * {@link visitsBetween}.
 */
export function buildScopeSql(scope: RollupScope, detail: VisitDetail = {}): ScopeSql {
  const { sql, params } = buildVisitsSql(scope, detail)
  const conditions = scope.filters.map((filter, index) => {
    params[`value${index}`] = filter.value
    if (filter.by === 'field') params[`field${index}`] = filter.field
    if (filter.by === 'property') params[`key${index}`] = filter.key
    return buildFilterSql(filter, index)
  })
  return {
    visits:
      conditions.length === 0 ? `(${sql})` : `(SELECT * FROM (${sql}) WHERE ${conditions.join(' AND ')})`,
    countVisitors: (where) => countVisitorsSql({ isSketched: scope.isSketched ?? false, where }),
    params,
  }
}

/** Builds the condition for events that match `kind` and belong to the visits of a scope. */
export function inVisits({ visits }: ScopeSql, kind: string): string {
  // Select only visits that contain such events. They are few, so the set of parts in memory stays small.
  return `${EVENTS_AROUND} AND ${kind} AND ${EVENT_PART} IN (SELECT arrayJoin(${VISIT_PARTS}) FROM ${visits} WHERE ${visitsWith(kind)})`
}

function buildFilterSql(filter: ReportFilter, index: number): string {
  const value = `{value${index}: String}`
  switch (filter.by) {
    case 'field':
      return `{field${index}: Identifier} = ${value}`
    case 'path':
      return visitsWith(`event_type = 'pageview' AND path = ${value}`)
    case 'event':
      return visitsWith(`event_type IN ('custom', 'goal') AND event_name = ${value}`)
    case 'property': {
      const key = `{key${index}: String}`
      return visitsWith(
        `event_type IN ('custom', 'goal') AND JSONHas(properties, ${key}) AND ${plainText(`JSONExtractRaw(properties, ${key})`)} = ${value}`,
      )
    }
  }
}

/**
 * Builds the SQL that converts a property value from JSON to text. A string loses its quotes, and other
 * values are written as in JavaScript. The plus sign of numbers such as 1e+21 is added because the engine
 * omits it.
 */
export function plainText(json: string): string {
  return String.raw`if(startsWith(${json}, '"'), JSONExtractString(${json}), replaceRegexpOne(${json}, 'e(\\d)', 'e+\\1'))`
}

// Maximum length of a gap for which sessions without an event in the gap are excluded in advance. In longer
// gaps, the events of these sessions are only a small part of all events.
const SHORT_GAP_MS = 3 * DAY_MS

/**
 * Builds the SQL for all visits in the period of a scope, without its filters, and the values of its
 * parameters.
 */
export function buildVisitsSql(
  { siteId, period, rollups }: RollupScope,
  detail: VisitDetail = {},
): {
  sql: string
  params: Record<string, unknown>
} {
  const params = { siteId, from: period.from, to: period.to }
  if (!rollups) return { sql: visitsBetween('from', 'to', '', detail), params }
  const rest = buildGapsSql(rollups.gaps, detail)
  return {
    sql: [
      `SELECT ${columnsOf(detail)} FROM visits WHERE ${inBuilds('builds')} AND ${beganBetween('from', 'to')}`,
      ...rest.selects,
    ].join(' UNION ALL '),
    params: { ...params, ...rest.params, builds: [...rollups.whole, ...rollups.parts] },
  }
}

/**
 * Builds the SQL for all visits in the period of a scope, except the visits of rolled-up days that lie
 * entirely within the period.
 */
export function buildPartialVisitsSql(
  { siteId, period, rollups }: RollupScope & { rollups: object },
  detail: VisitDetail = {},
): {
  sql: string
  params: Record<string, unknown>
} {
  const rest = buildGapsSql(rollups.gaps, detail)
  return {
    sql: [
      `SELECT ${columnsOf(detail)} FROM visits WHERE ${inBuilds('parts')} AND ${beganBetween('from', 'to')}`,
      ...rest.selects,
    ].join(' UNION ALL '),
    params: { siteId, from: period.from, to: period.to, ...rest.params, parts: rollups.parts },
  }
}

/**
 * Builds the condition for a site's rollup rows whose builds are listed in the parameter `name`. The
 * condition on the day lets the engine skip all other days.
 */
export function inBuilds(name: string): string {
  const dayOf = (param: string) => `toDate(${momentSql(param)})`
  return `site_id = {siteId: String} AND day >= ${dayOf('from')} AND day <= ${dayOf('to')} AND build IN {${name}: Array(UInt64)}`
}

function buildGapsSql(
  gaps: NonNullable<RollupScope['rollups']>['gaps'],
  detail: VisitDetail,
): {
  selects: string[]
  params: Record<string, unknown>
} {
  return {
    selects: gaps.map(({ from, to }, index) => {
      const names = [`gapFrom${index}`, `gapTo${index}`] as const
      return `SELECT ${columnsOf(detail)} FROM (${visitsBetween(...names, to - from <= SHORT_GAP_MS ? ofSessionsBetween(...names) : '', detail)})`
    }),
    params: Object.fromEntries(
      gaps.flatMap(({ from, to }, index) => [
        [`gapFrom${index}`, from],
        [`gapTo${index}`, to],
      ]),
    ),
  }
}
