// Every value comes in as a bound parameter: siteId, and moments in ms since the epoch.

const DAY_MS = 24 * 60 * 60 * 1000
const moment = (ms: string) => `fromUnixTimestamp64Milli(${ms}, 'UTC')`

/** Condition of the events of which visits can consist that began between two moments, named by their parameters, and of those that began before. */
const eventsAround = (from: string, to: string) =>
  `site_id = {siteId: String} AND occurred_at >= ${moment(`{${from}: Int64} - ${DAY_MS}`)} AND occurred_at < ${moment(`{${to}: Int64} + ${DAY_MS}`)}`

/** The same of the period, `from` and `to`. */
export const EVENTS_AROUND = eventsAround('from', 'to')

/**
 * Condition of the events of sessions that had one between two moments: of a visit that began then it leaves every event, of those of the
 * days around few, and to put visits together is what takes the time. Two sessions with the same hash are put together for nothing, no more.
 */
export const ofSessionsBetween = (from: string, to: string) =>
  `AND cityHash64(e.session_id) IN (SELECT cityHash64(session_id) FROM events WHERE site_id = {siteId: String} AND occurred_at >= ${moment(`{${from}: Int64}`)} AND occurred_at < ${moment(`{${to}: Int64}`)})`

/** Milliseconds since the epoch of the first and the last event of a visit. */
export const BEGAN_MS = 'toUnixTimestamp64Milli(started_at)'
export const LASTED_MS = `(toUnixTimestamp64Milli(ended_at) - ${BEGAN_MS})`

/**
 * The order of a visit's events. Servers send whole visits with one time: of the same millisecond pageviews come first,
 * then it is decided by the path, so that every question finds the same first event.
 */
export const PLACE =
  "(toUnixTimestamp64Milli(e.occurred_at) * 1024 + (e.event_type != 'pageview') * 512 + cityHash64(e.path) % 512)"

/** Milliseconds since the epoch of a place. */
export const momentOf = (place: string) => `intDiv(${place}, 1024)`

export const IS_PAGEVIEW = "e.event_type = 'pageview'"
const first = (column: string) => `argMin(e.${column}, ${PLACE}) AS ${column}`

/** The columns of a visit that are those of its first event. */
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

/** Condition of the visits that began between two moments. */
export const beganBetween = (from: string, to: string) =>
  `started_at >= ${moment(`{${from}: Int64}`)} AND started_at < ${moment(`{${to}: Int64}`)}`

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
 * One row for each visit that began between two moments, out of the events. Read it as `FROM (…)`: the engine computes the columns
 * that are asked for, and no others. Entry and exit are empty in a visit without a pageview; `steps` are its pageviews in order, as
 * tuples of place, origin and path; `visitor` is a hash of the visitor's id. `only` is one more condition of the events `e`.
 */
export const visitsBetween = (from: string, to: string, only = '') => `
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
  WHERE ${eventsAround(from, to)} ${only}
  GROUP BY session_id
  HAVING ${beganBetween(from, to)}`
