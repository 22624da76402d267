import { DAY_MS } from '../../../durations.js'
import { momentSql } from '../client.js'

// `from` and `to` are names of parameters: moments in ms since the epoch.

/** Condition of all events that may belong to visits that began between two moments, or that show that such a visit began earlier. */
const eventsAround = (from: string, to: string) =>
  `site_id = {siteId: String} AND occurred_at >= ${momentSql(from, -DAY_MS)} AND occurred_at < ${momentSql(to, DAY_MS)}`

/** The same for the period of a scope. */
export const EVENTS_AROUND = eventsAround('from', 'to')

/**
 * Condition of events of the sessions with an event between two moments. It keeps every event of the visits that began then and few of
 * the days around, and grouping events into visits is what takes the time. A hash collision only groups one session in vain.
 */
export const ofSessionsBetween = (from: string, to: string) =>
  `AND cityHash64(e.session_id) IN (SELECT cityHash64(session_id) FROM events WHERE site_id = {siteId: String} AND occurred_at >= ${momentSql(from)} AND occurred_at < ${momentSql(to)})`

/** When a visit began, ms since the epoch, and how long it lasted. */
export const BEGAN_MS = 'toUnixTimestamp64Milli(started_at)'
export const LASTED_MS = `(toUnixTimestamp64Milli(ended_at) - ${BEGAN_MS})`

/**
 * The order of a visit's events. Servers send whole visits with one time: within a millisecond pageviews come first, then
 * a hash of the path decides, so that every query finds the same first event.
 */
export const PLACE =
  "(toUnixTimestamp64Milli(e.occurred_at) * 1024 + (e.event_type != 'pageview') * 512 + cityHash64(e.path) % 512)"

/** The moment of a place, ms since the epoch. */
export const momentOf = (place: string) => `intDiv(${place}, 1024)`

export const IS_PAGEVIEW = "e.event_type = 'pageview'"
const first = (column: string) => `argMin(e.${column}, ${PLACE}) AS ${column}`

/** The columns that a visit takes from its first event. */
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
 * One row for each visit that began between two moments, grouped from events. Use it as a subquery: the engine computes only the
 * selected columns. Entry and exit are empty without a pageview; `steps` are the pageviews in order, as tuples of place, origin
 * and path; `visitor` is a hash of the visitor's id. `and` is a further condition of events `e`, beginning with AND.
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
