import type { IngestEvent } from '@zenovay/tracker/contract'
import type { Random } from './create-random.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW } from './golden-month.js'
import type { PlannedEvent, PlannedVisit } from './visit-plan.js'

/** One request of a browser to the ingest endpoint. */
export interface Post {
  /** Time of arrival, ms since the epoch. */
  at: number
  country: string
  events: IngestEvent[]
}

const LONGEST_WAIT_MS = 6.7 * DAY_MS
// Requests of one moment share the clock of the collector.
const MOMENT_MS = 4 * HOUR_MS
// A body holds 64 KiB; paths and properties may be long.
const MOST_REPEATED = 10
const moments = (at: number) => Math.min(NOW, Math.ceil(at / MOMENT_MS) * MOMENT_MS)

/**
 * The requests that deliver these visits, in order of time: soon, or days later from the outbox; newest
 * events first, whole or in halves; some of them repeated, marked as a retry or not, within the 24 hours in
 * which repeats are recognized.
 */
export function planPosts(visits: readonly PlannedVisit[], random: Random): Post[] {
  return visits.flatMap((visit) => planVisitPosts(visit, random)).toSorted((a, b) => a.at - b.at)
}

function planVisitPosts({ visitorId, sessionId, events }: PlannedVisit, random: Random): Post[] {
  const last = events.at(-1)!.at
  const isLate = random.chance(0.2)
  const at = moments(last + random.next() * (isLate ? LONGEST_WAIT_MS - (last - events[0]!.at) : MINUTE_MS))
  const ordered = random.chance(0.3) ? events.toReversed() : events
  const post = (part: readonly PlannedEvent[], when: number, retry: boolean): Post => ({
    at: when,
    country: part[0]!.client.country,
    events: part.map((event) => ({
      ...toIngestEvent(event),
      visitor_id: visitorId,
      session_id: sessionId,
      age_ms: when - event.at,
      ...(retry && { retry }),
    })),
  })
  const posts = splitParts(ordered).map((part) => post(part, at, false))
  if (random.chance(0.25)) posts.push(post(ordered.slice(0, MOST_REPEATED), at, random.chance(0.5)))
  if (random.chance(0.25))
    posts.push(post(ordered.slice(-MOST_REPEATED), Math.min(NOW, at + random.whole(1, 22) * HOUR_MS), true))
  return posts
}

function splitParts(events: readonly PlannedEvent[]): PlannedEvent[][] {
  const half = Math.ceil(events.length / 2)
  return events.length > MOST_REPEATED ? [events.slice(0, half), events.slice(half)] : [[...events]]
}

/** The event as a browser sends it, without the IDs of its session and visitor. */
export function toIngestEvent({
  id,
  type,
  name,
  origin,
  path,
  title,
  properties,
  isInteractive,
  arrival,
  client,
}: PlannedEvent): Omit<IngestEvent, 'session_id'> {
  return {
    event_id: id,
    event_type: type,
    ...(name && { event_name: name }),
    url: `${origin}${path}${arrival.query && `?${arrival.query}`}`,
    referrer: arrival.referrer,
    title,
    properties,
    ...(!isInteractive && { interactive: false }),
    device_type: client.device_type,
    browser: client.browser,
    os: client.os,
    user_agent: 'GoldenData/1.0',
  }
}
