import { IN_VISIT } from './visit-parts.js'

/**
 * Sort key of an event within its visit, so that every query finds the same first event. Servers may send all
 * events of a visit with the same time: the order in the request then decides. Of events in different requests,
 * pageviews come first, and a hash of the path decides between equal types.
 */
export const PLACE =
  "((toUnixTimestamp64Milli(e.occurred_at) * 1024 + least(e.position, 1023)) * 1024 + (e.event_type != 'pageview') * 512 + cityHash64(e.path) % 512)"

/** Extracts the time of an event from its sort key, as Unix time in milliseconds. */
const msOf = (place: string) => `intDiv(${place}, 1024 * 1024)`

/** Columns of a visit that are copied from its first event. */
export const FIRST_EVENT_COLUMNS = [
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

/** Columns of events that are read as they are. */
const COLUMNS = [
  'site_id',
  'session_id',
  'occurred_at',
  'event_type',
  'interactive',
  'properties',
  'origin',
  'path',
  'role',
  'view_key',
  'engaged_ms',
  'scroll',
  ...FIRST_EVENT_COLUMNS,
]

/**
 * Builds a subquery for the events `e` that match `where` and can belong to visits. `day` is an expression for the UTC day
 * on which the visit of an event began. The engine analyzes an expression again wherever it is repeated, so queries use
 * the columns of this one.
 */
export const visitEvents = (where: string, day: string) =>
  `(SELECT ${COLUMNS.join(', ')}, ${PLACE} AS place, role = 1 AS is_pageview, ${day} AS began_on FROM events AS e WHERE ${where} AND ${IN_VISIT})`

const IS_ENGAGEMENT = 'role = 2'
// The key of a view and an engaged time of up to an hour in one number, because arrays of each would need twice the memory.
const MS_BITS = 22
const PACKED = `bitOr(bitShiftLeft(bitShiftRight(view_key, ${MS_BITS}), ${MS_BITS}), e.engaged_ms)`

/**
 * Columns of a visit or session, as aggregates of {@link visitEvents} beside `started_at` and `ended_at`.
 *
 * Captured engagement says how long a visitor was engaged with a view of a page, in events of which each has the time
 * since the one before. `engagements` counts the events, `engaged_ms` is the sum of their times, but no more than the time
 * up to the last of them, so that no sender can make a visit longer than it was. `lasted_ms` is the visit duration: until
 * the last event, or the end of the engaged time of the last page.
 */
export const ENGAGEMENT_SUMS = `
    countIf(${IS_ENGAGEMENT}) AS engagements,
    argMaxIf(view_key, place, is_pageview) AS last_view,
    maxIf(toUnixTimestamp64Milli(e.occurred_at), ${IS_ENGAGEMENT}) AS engaged_until,
    greatest(0, least(sumIf(toInt64(e.engaged_ms), ${IS_ENGAGEMENT}), engaged_until - toUnixTimestamp64Milli(started_at))) AS engaged_ms,
    arraySum(event -> if(bitShiftRight(event, ${MS_BITS}) = bitShiftRight(last_view, ${MS_BITS}), bitAnd(event, ${2 ** MS_BITS - 1}), 0), groupArrayIf(${PACKED}, ${IS_ENGAGEMENT})) AS last_engaged_ms,
    greatest(toUnixTimestamp64Milli(ended_at), least(${msOf('maxIf(place, is_pageview)')} + last_engaged_ms, engaged_until)) - toUnixTimestamp64Milli(started_at) AS lasted_ms`

const HAS_VIEW = 'role IN (1, 2)'
// An even number for a view, and the next odd one for its engagement.
const VIEW = `bitOr(bitShiftLeft(view_key, 1), ${IS_ENGAGEMENT})`

/**
 * Aggregates of {@link visitEvents} for {@link withReadings}: the views of a visit and their engagement, in any order, as
 * arrays of numbers, which the engine sorts several times as fast as tuples.
 */
export const UNSORTED_READINGS = `
    groupArrayIf(${VIEW}, ${HAS_VIEW}) AS unsorted,
    groupArrayIf(e.place, ${HAS_VIEW}) AS places,
    groupArrayIf(toInt64(e.engaged_ms), ${HAS_VIEW}) AS engaged,
    groupArrayIf(e.scroll, ${HAS_VIEW}) AS scrolls`

// Each view is followed by its engagement, and by engagement without a view.
const sorted = (values: string) => `arraySort((value, view) -> view, ${values}, unsorted)`
const SORTED = `
  arraySort(unsorted) AS seen,
  arrayMap(view -> bitAnd(view, 1) = 0, seen) AS is_view,
  arrayMap((view, owner) -> view = owner + 1, seen, arrayFill((view, is_view) -> is_view, seen, is_view)) AS is_own,
  arrayFilter((nth, is_view) -> is_view, arrayEnumerate(seen), is_view) AS firsts,
  arrayMap((first, next) -> (first, toUInt32(next - first)), firsts, arrayPopFront(arrayPushBack(firsts, toUInt32(length(seen) + 1)))) AS ranges,
  ${sorted('places')} AS sorted_places,
  arrayFilter((place, is_view) -> is_view, sorted_places, is_view) AS view_places`

/** Builds the array of the maximum or sum, for each view, of its own engagement. */
const perView = (name: 'max' | 'sum', values: string, none: string) =>
  `arrayReduceInRanges('${name}', ranges, arrayMap((value, is_own) -> if(is_own, value, ${none}), ${values}, is_own))`

const READINGS = `
  arrayMap((place, nth, engaged, last, scroll) -> (place, nth, if(last = 0, -1, greatest(0, least(engaged, ${msOf('last')} - ${msOf('place')}))), scroll),
    view_places, arrayEnumerate(view_places), ${perView('sum', sorted('engaged'), '0')}, ${perView('max', 'sorted_places', '0')}, ${perView('max', sorted('scrolls'), '-1')})`

/**
 * Adds the column `readings` to a query for visits that has the columns {@link UNSORTED_READINGS}: the engaged time in
 * milliseconds and the scroll depth in percent of each pageview, in their order. Both are -1 if unknown. A view was engaged
 * no longer than from its pageview to its last engagement event.
 *
 * The time this takes is in proportion to the number of events, however many views and events a sender makes up.
 */
export const withReadings = (sql: string) =>
  `SELECT *, CAST(arrayMap(reading -> (reading.3, reading.4), arraySort(${READINGS})) AS Array(Tuple(Int64, Int8))) AS readings FROM (SELECT *, ${SORTED} FROM (${sql}))`
