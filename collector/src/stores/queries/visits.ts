// Every value comes in as a bound parameter: siteId, and from and to in ms since the epoch.

const DAY_MS = 24 * 60 * 60 * 1000
const moment = (ms: string) => `fromUnixTimestamp64Milli(${ms}, 'UTC')`

/** Condition of the events of which visits of the period can consist: a visit that began in it, and one that began before. */
export const EVENTS_AROUND = `site_id = {siteId: String} AND occurred_at >= ${moment(`{from: Int64} - ${DAY_MS}`)} AND occurred_at < ${moment(`{to: Int64} + ${DAY_MS}`)}`

/** Milliseconds since the epoch of the first and the last event of a visit. */
export const BEGAN_MS = 'toUnixTimestamp64Milli(started_at)'
export const LASTED_MS = `(toUnixTimestamp64Milli(ended_at) - ${BEGAN_MS})`

/**
 * The order of a visit's events. Servers send whole visits with one time: of the same millisecond pageviews come first,
 * then it is decided by the path, so that every question finds the same first event.
 */
const PLACE = "(toUnixTimestamp64Milli(e.occurred_at) * 1024 + (e.event_type != 'pageview') * 512 + cityHash64(e.path) % 512)"

/** Milliseconds since the epoch of a place. */
export const momentOf = (place: string) => `intDiv(${place}, 1024)`

const IS_PAGEVIEW = "e.event_type = 'pageview'"
const first = (column: string) => `argMin(e.${column}, ${PLACE}) AS ${column}`

/** The columns of a visit that are those of its first event. */
export const FIRST_EVENT_COLUMNS = [
  'visitor_id', 'referrer', 'country', 'device_type', 'browser', 'os', 'source', 'channel', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content',
] as const

/**
 * One row for each visit that began in the period. Read it as `FROM (${VISITS})`: the engine computes the columns that are
 * asked for, and no others. Entry and exit are empty in a visit without a pageview; `steps` are its pageviews in order, as
 * tuples of place, origin and path.
 */
export const VISITS = `
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
    ${FIRST_EVENT_COLUMNS.map(first).join(',\n    ')}
  FROM events AS e
  WHERE ${EVENTS_AROUND}
  GROUP BY session_id
  HAVING started_at >= ${moment('{from: Int64}')} AND started_at < ${moment('{to: Int64}')}`
