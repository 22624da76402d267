import { IN_VISIT, IS_ENGAGEMENT, MAKES_VISIT } from './visit-parts.js'

/**
 * Sort key of an event within its visit, so that every query finds the same first event. Servers may send all
 * events of a visit with the same time: the order in the request then decides. Of events in different requests,
 * pageviews come first, and a hash of the path decides between equal types.
 */
export const PLACE =
  "((toUnixTimestamp64Milli(e.occurred_at) * 1024 + least(e.position, 1023)) * 1024 + (e.event_type != 'pageview') * 512 + cityHash64(e.path) % 512)"

/** Extracts the time of an event from its sort key, as Unix time in milliseconds. */
const msOf = (place: string) => `intDiv(${place}, 1024 * 1024)`

/**
 * Builds a subquery for the events that match `where` and can belong to visits. It has the columns by which events are
 * grouped into visits, and the columns `more`. The engine analyzes an expression again wherever it is repeated, so
 * queries use these columns instead.
 */
export const visitEvents = (where: string, ...more: string[]) => `
  (SELECT ${[
    '*',
    'view_key',
    'engaged_ms',
    'scroll',
    `${PLACE} AS place`,
    `${MAKES_VISIT} AS makes_visit`,
    "e.event_type = 'pageview' AS is_pageview",
    `${IS_ENGAGEMENT} AS is_engagement`,
    ...more,
  ].join(', ')} FROM events AS e WHERE ${where} AND ${IN_VISIT})`

/** The pageviews in order, as tuples of sort key, origin, path and key of the view. An aggregate of {@link visitEvents}. */
export const VIEWS = 'arraySort(groupArrayIf((place, e.origin, e.path, view_key), is_pageview))'

/**
 * Captured engagement: how long a visitor was engaged with a view of a page, and how far it was scrolled. The tracker
 * sends several engagement events for a view. Their `view_key` is that of its pageview. An aggregate of
 * {@link visitEvents}, as tuples of key, time, engaged time and scroll depth.
 */
export const ENGAGEMENT =
  'groupArrayIf((view_key, toUnixTimestamp64Milli(e.occurred_at), toInt64(e.engaged_ms), e.scroll), is_engagement)'

// Views and engagement in the order of their key, each view followed by its engagement: (key, is engagement, place of
// the view, time, engaged time, scroll depth). Sorting both together takes less than quadratic time, however many of
// them a sender makes up.
const VIEWS_AND_ENGAGEMENT = `
  arraySort(arrayConcat(
    arrayMap((view, nth) -> (view.4, 0, toInt64(nth), ${msOf('view.1')}, toInt64(0), toInt8(-1)), views, arrayEnumerate(views)),
    arrayMap(event -> (event.1, 1, toInt64(0), event.2, event.3, event.4), engagement)))`

// The events of each view: the view, then its engagement. Engagement without a view is left out.
const EVENTS_BY_VIEW = `
  arrayMap(events -> arrayFilter(event -> event.1 = events[1].1, events),
    arrayFilter(events -> events[1].2 = 0, arraySplit(event -> event.2 = 0, ${VIEWS_AND_ENGAGEMENT})))`

const READINGS = `
  CAST(arrayMap(reading -> (reading.2, reading.3), arraySort(arrayMap(
    events -> (
      events[1].3,
      if(length(events) = 1, -1, greatest(0, least(arraySum(events.5), arrayMax(events.4) - events[1].4))),
      arrayMax(events.6)),
    ${EVENTS_BY_VIEW}))) AS Array(Tuple(Int64, Int8)))`

/**
 * Adds the columns of engagement to a query for visits or sessions that has the columns `started_at`, `ended_at`, `views`
 * ({@link VIEWS}) and `engagement` ({@link ENGAGEMENT}).
 *
 * `readings` has the engaged time in milliseconds and the scroll depth in percent of each view. Both are -1 if unknown. A
 * view was engaged no longer than from its pageview to its last engagement event. `engaged_views` counts the views whose
 * engaged time is known, and `engaged_ms` is its sum. `lasted_ms` is the visit duration: until the last event, or the end
 * of the engaged time of the last page.
 */
export const withEngagement = (sql: string) => `
  SELECT *,
    countEqual(arrayMap(reading -> reading.1 >= 0, readings), 1) AS engaged_views,
    arraySum(reading -> greatest(reading.1, 0), readings) AS engaged_ms,
    greatest(toUnixTimestamp64Milli(ended_at), ${msOf('views[-1].1')} + greatest(readings[-1].1, 0)) - toUnixTimestamp64Milli(started_at) AS lasted_ms
  FROM (SELECT *, ${READINGS} AS readings FROM (${sql}))`
