import { DAY_MS } from '../../../durations.js'
import type { ReportFilter } from '../../../reports/report-store.js'
import { momentSql } from '../client.js'
import type { RollupScope } from '../rollups/period.js'

// `from` and `to` are names of parameters: moments in ms since the epoch.

/**
 * Condition of all events that may belong to visits that began between two moments, or that show that such a
 * visit began earlier.
 */
const eventsAround = (from: string, to: string) =>
  `site_id = {siteId: String} AND occurred_at >= ${momentSql(from, -DAY_MS)} AND occurred_at < ${momentSql(to, DAY_MS)}`

/** Condition of the events around the period of a scope. */
export const EVENTS_AROUND = eventsAround('from', 'to')

/**
 * Condition of events whose session has an event between two moments. It excludes most events of the adjacent
 * days before the expensive grouping into visits. A hash collision only adds a session that the grouping
 * discards.
 */
export const ofSessionsBetween = (from: string, to: string) =>
  `AND cityHash64(e.session_id) IN (SELECT cityHash64(session_id) FROM events WHERE site_id = {siteId: String} AND occurred_at >= ${momentSql(from)} AND occurred_at < ${momentSql(to)})`

/** The start of a visit, ms since the epoch, and its duration. */
export const BEGAN_MS = 'toUnixTimestamp64Milli(started_at)'
export const LASTED_MS = `(toUnixTimestamp64Milli(ended_at) - ${BEGAN_MS})`

/**
 * The order of a visit's events. Servers send whole visits with one time: within a millisecond pageviews come
 * first, then a hash of the path decides, so that every query finds the same first event.
 */
export const PLACE =
  "(toUnixTimestamp64Milli(e.occurred_at) * 1024 + (e.event_type != 'pageview') * 512 + cityHash64(e.path) % 512)"

/** The time encoded in an event's place, ms since the epoch. */
export const momentOf = (place: string) => `intDiv(${place}, 1024)`

export const IS_PAGEVIEW = "e.event_type = 'pageview'"
const first = (column: string) => `argMin(e.${column}, ${PLACE}) AS ${column}`

/** Columns of a visit that are copied from its first event. */
const FIRST_EVENT_COLUMNS = [
  'visitor_id',
  'referrer',
  'country',
  'device_type',
  'browser',
  'os',
  'source',
  'channel',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const

/** Condition of visits that began between two moments. */
export const beganBetween = (from: string, to: string) =>
  `started_at >= ${momentSql(from)} AND started_at < ${momentSql(to)}`

/** The columns of a visit, in the order of the table and of {@link visitsBetween}. */
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
  ...FIRST_EVENT_COLUMNS,
].join(', ')

/**
 * One row for each visit that began between two moments, grouped from events. Use it as a subquery: the
 * engine computes only the selected columns. Entry and exit are empty without a pageview; `steps` are the
 * pageviews in order, as tuples of place, origin and path; `visitor` is a hash of the visitor's id. `and` is
 * a further condition of events `e`, beginning with AND.
 */
export const visitsBetween = (from: string, to: string, and = '') => `
  SELECT
    e.session_id AS session_id,
    min(e.occurred_at) AS started_at,
    max(e.occurred_at) AS ended_at,
    countIf(${IS_PAGEVIEW}) AS pageviews,
    countIf(e.event_type IN ('custom', 'goal', 'revenue', 'identify')) AS actions,
    pageviews = 1 AND actions = 0 AS bounced,
    countIf(e.event_type = 'goal') AS goals,
    countIf(e.event_type = 'revenue') AS revenues,
    argMinIf(e.origin, ${PLACE}, ${IS_PAGEVIEW}) AS entry_origin,
    argMinIf(e.path, ${PLACE}, ${IS_PAGEVIEW}) AS entry_path,
    argMaxIf(e.origin, ${PLACE}, ${IS_PAGEVIEW}) AS exit_origin,
    argMaxIf(e.path, ${PLACE}, ${IS_PAGEVIEW}) AS exit_path,
    arraySort(groupArrayIf((${PLACE}, e.origin, e.path), ${IS_PAGEVIEW})) AS steps,
    argMin(cityHash64(e.visitor_id), ${PLACE}) AS visitor,
    ${FIRST_EVENT_COLUMNS.map(first).join(',\n    ')}
  FROM events AS e
  WHERE ${eventsAround(from, to)} ${and}
  GROUP BY session_id
  HAVING ${beganBetween(from, to)}`

/** The precision of the sketches in `page_days`; states of different precision cannot be merged. */
export const SKETCH_PRECISION = 17

interface VisitorCount {
  /** Whether to count with a sketch, which is approximate. */
  isSketched: boolean
  /** Condition of the rows to count. */
  where?: string | undefined
  /** The intermediate state of the sketch, as `page_days` stores it. */
  asState?: boolean
}

/** The aggregate function that counts the distinct values of `visitor`. */
export function countVisitorsSql({ isSketched, where, asState = false }: VisitorCount): string {
  const name = isSketched ? 'uniqCombined64' : 'uniqExact'
  const precision = isSketched ? `(${SKETCH_PRECISION})` : ''
  const args = where === undefined ? 'visitor' : `visitor, ${where}`
  return `${name}${asState ? 'State' : ''}${where === undefined ? '' : 'If'}${precision}(${args})`
}

// One session in a set; ids would take several times the memory. Two ids of one report collide in less than
// one of a million reports.
export const SESSION = 'cityHash64(session_id)'

/** SQL of the visits of a scope, a subquery in parentheses, and the values of its parameters. */
export interface ScopeSql {
  visits: string
  /** The aggregate function that counts the visitors of these visits, or of those that fulfil a condition. */
  countVisitors: (where?: string) => string
  params: Record<string, unknown>
}

/**
 * Builds the SQL of the visits of the period that match every filter, with the columns of `visitsBetween`.
 */
export function buildScopeSql(scope: RollupScope): ScopeSql {
  const { sql, params } = buildVisitsSql(scope)
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

/** Condition of events of a kind in the visits of a scope. */
export function inVisits({ visits }: ScopeSql, kind: string): string {
  // Visits with such events are few, so the set that the engine keeps is small.
  return `${EVENTS_AROUND} AND ${kind} AND ${SESSION} IN (SELECT ${SESSION} FROM ${visits} WHERE ${sessionsWith(kind)})`
}

/** Condition of visits or events of the sessions with an event of a kind. */
export function sessionsWith(kind: string): string {
  return `${SESSION} IN (SELECT ${SESSION} FROM events WHERE ${EVENTS_AROUND} AND ${kind})`
}

function buildFilterSql(filter: ReportFilter, index: number): string {
  const value = `{value${index}: String}`
  switch (filter.by) {
    case 'field':
      return `{field${index}: Identifier} = ${value}`
    case 'path':
      return sessionsWith(`event_type = 'pageview' AND path = ${value}`)
    case 'event':
      return sessionsWith(`event_type IN ('custom', 'goal') AND event_name = ${value}`)
    case 'property': {
      const key = `{key${index}: String}`
      return sessionsWith(
        `event_type IN ('custom', 'goal') AND JSONHas(properties, ${key}) AND ${plainText(`JSONExtractRaw(properties, ${key})`)} = ${value}`,
      )
    }
  }
}

/**
 * The value of a property as text: a string without its quotes, anything else as JavaScript prints it; the
 * engine omits the plus of 1e+21.
 */
export function plainText(json: string): string {
  return String.raw`if(startsWith(${json}, '"'), JSONExtractString(${json}), replaceRegexpOne(${json}, 'e(\\d)', 'e+\\1'))`
}

// In longer gaps, the adjacent days are a small part of the events.
const SHORT_GAP_MS = 3 * DAY_MS

/**
 * Builds the SQL of the visits of a scope's period, without its filters, and the values of its parameters.
 */
export function buildVisitsSql({ siteId, period, rollups }: RollupScope): {
  sql: string
  params: Record<string, unknown>
} {
  const params = { siteId, from: period.from, to: period.to }
  if (!rollups) return { sql: visitsBetween('from', 'to'), params }
  const rest = buildGapsSql(rollups.gaps)
  return {
    sql: [
      `SELECT ${VISIT_COLUMNS} FROM visits WHERE ${inBuilds('builds')} AND ${beganBetween('from', 'to')}`,
      ...rest.selects,
    ].join(' UNION ALL '),
    params: { ...params, ...rest.params, builds: [...rollups.whole, ...rollups.parts] },
  }
}

/** Builds the same SQL without the visits of rollups that lie entirely in the period. */
export function buildPartialVisitsSql({ siteId, period, rollups }: RollupScope & { rollups: object }): {
  sql: string
  params: Record<string, unknown>
} {
  const rest = buildGapsSql(rollups.gaps)
  return {
    sql: [
      `SELECT ${VISIT_COLUMNS} FROM visits WHERE ${inBuilds('parts')} AND ${beganBetween('from', 'to')}`,
      ...rest.selects,
    ].join(' UNION ALL '),
    params: { siteId, from: period.from, to: period.to, ...rest.params, parts: rollups.parts },
  }
}

/**
 * Condition of rows of a site's builds, given by the name of their parameter. The days let the engine skip
 * the others.
 */
export function inBuilds(name: string): string {
  const dayOf = (param: string) => `toDate(${momentSql(param)})`
  return `site_id = {siteId: String} AND day >= ${dayOf('from')} AND day <= ${dayOf('to')} AND build IN {${name}: Array(UInt64)}`
}

function buildGapsSql(gaps: NonNullable<RollupScope['rollups']>['gaps']): {
  selects: string[]
  params: Record<string, unknown>
} {
  return {
    selects: gaps.map(({ from, to }, index) => {
      const names = [`gapFrom${index}`, `gapTo${index}`] as const
      return `SELECT ${VISIT_COLUMNS} FROM (${visitsBetween(...names, to - from <= SHORT_GAP_MS ? ofSessionsBetween(...names) : '')})`
    }),
    params: Object.fromEntries(
      gaps.flatMap(({ from, to }, index) => [
        [`gapFrom${index}`, from],
        [`gapTo${index}`, to],
      ]),
    ),
  }
}
