import { DAY_MS } from '../../../durations.js'
import { momentSql } from '../client.js'

// The rules by which a session becomes visits, as documented in docs/metrics.md:
//
// - A pause of over 24 hours begins another visit.
// - A visit may continue on the UTC day after the one on which it began. If the session continues beyond, each
//   further UTC day is a visit of its own.
// - Captured measurements (`role` in schema.ts) neither begin, end nor make a visit. Captured engagement
//   belongs to the visit that has a part on its UTC day, else to the visit that began on the day before.
//
// All events of a session on one UTC day, a part, therefore belong to the same visit, and a visit has one or two
// parts. Which visit a part belongs to depends only on the parts of the two days before it. Reports of different
// periods and rollups of different days therefore agree, and every event belongs to exactly one visit.
//
// In this file, `from` and `to` are names of statement parameters that contain Unix times in milliseconds. Sets of
// parts contain hashes, because session IDs would need several times the memory. Two parts have the same hash in
// fewer than one of a million reports.

/** Identifies the visit rules that a rollup was built by. Increase it whenever the rules change. */
export const VISIT_RULES = 4

/** The greatest pause within a visit. */
const MAX_PAUSE_MS = DAY_MS

const partOf = (time: string) => `cityHash64(session_id, toDate(${time}))`

/** Condition for events `e` that can begin, end or make a visit. */
export const MAKES_VISIT = 'e.role < 2'

/** Condition for events `e` that can belong to a visit. */
export const IN_VISIT = 'e.role < 3'

/** Hash of the part that an event belongs to. */
export const EVENT_PART = partOf('occurred_at')

/** Hash that identifies a visit: that of its first part. */
export const VISIT = partOf('started_at')

/** Array of the hashes of a visit's parts. */
export const VISIT_PARTS = `[${VISIT}, ${partOf('ended_at')}]`

/** Hash of the session of an event. */
export const SESSION = 'cityHash64(session_id)'

const firstDay = (from: string) => `toStartOfDay(${momentSql(from)})`
const endOfNextDay = (to: string) => `toStartOfDay(${momentSql(to, -1)}) + INTERVAL 2 DAY`

/** Builds the condition for the days that have all events of the visits that began between two times. */
export const eventsAround = (from: string, to: string) =>
  `site_id = {siteId: String} AND occurred_at >= ${firstDay(from)} AND occurred_at < ${endOfNextDay(to)}`

/** Condition for the days that have all events of the visits that began in the period of a scope. */
export const EVENTS_AROUND = eventsAround('from', 'to')

/** Builds the condition for visits that began between two times. */
export const beganBetween = (from: string, to: string) =>
  `started_at >= ${momentSql(from)} AND started_at < ${momentSql(to)}`

/**
 * Builds the condition for events whose session has an event between two times. It reduces the number of
 * events that are grouped into visits, because grouping is slow. A hash collision only adds a session that is
 * discarded later.
 */
export const ofSessionsBetween = (from: string, to: string) =>
  `AND cityHash64(e.session_id) IN (SELECT ${SESSION} FROM events WHERE site_id = {siteId: String} AND occurred_at >= ${momentSql(from)} AND occurred_at < ${momentSql(to)})`

/** Builds the condition for events whose session has an event that matches `kind` in the period of a scope. */
export const ofSessionsWith = (kind: string) =>
  `AND cityHash64(e.session_id) IN (SELECT ${SESSION} FROM events WHERE ${EVENTS_AROUND} AND ${kind})`

/** Builds the condition for visits with an event that matches `kind`. */
export function visitsWith(kind: string): string {
  const parts = `(SELECT ${EVENT_PART} FROM events WHERE ${EVENTS_AROUND} AND ${kind})`
  return `(${VISIT} IN ${parts} OR ${partOf('ended_at')} IN ${parts})`
}

/**
 * Builds the expression for the UTC day on which the visit of an event `e` began. `and` is the additional
 * condition for events that is used to group them.
 */
export function beganOn(from: string, to: string, and: string): string {
  const day = 'toDate(e.occurred_at)'
  return `${day} - (cityHash64(e.session_id, ${day}) IN (${continuingParts(from, to, and)}))`
}

/**
 * Builds a query for the parts that continue the visit of the day before: the pause before them is no longer than
 * allowed, and the visit of the day before began on that day. A day that has only engagement continues the visit, too.
 * It cannot connect the days around it, because the pause between their events is longer than allowed.
 *
 * Each event counts for its own day (`later` = 0) and for the next two. Only the few sessions with events on several days
 * are grouped.
 */
function continuingParts(from: string, to: string, and: string): string {
  const where = `WHERE site_id = {siteId: String} AND occurred_at >= ${firstDay(from)} - INTERVAL 2 DAY AND occurred_at < ${endOfNextDay(to)} AND ${IN_VISIT} ${and}`
  const ofDay = (later: number) => `later = ${later} AND ${MAKES_VISIT}`
  // Whether the day that is `later` days before continues the one before it.
  const follows = (later: number) =>
    `if(countIf(${ofDay(later)}) > 0, minIf(occurred_at, ${ofDay(later)}) <= maxIf(occurred_at, ${ofDay(later + 1)}) + INTERVAL ${MAX_PAUSE_MS} MILLISECOND, countIf(later = ${later + 1}) > 0)`
  return `
    SELECT cityHash64(session_id, toDate(occurred_at) + later) AS part
    FROM events AS e ARRAY JOIN [0, 1, 2] AS later
    ${where} AND ${SESSION} IN (SELECT ${SESSION} AS session FROM events AS e ${where} GROUP BY session HAVING toDate(min(occurred_at)) != toDate(max(occurred_at)))
    GROUP BY part
    HAVING countIf(later = 0) > 0 AND ${follows(0)} AND NOT (countIf(later = 1) > 0 AND ${follows(1)})`
}
