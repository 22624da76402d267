import { type Properties, SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { SiteGoals } from '../../control/goals/goal-cache.js'
import { type Goal, hasRuled } from '../../control/goals/goal.js'
import type { PublishedRow } from '../../ingest/event-row.js'
import { countryName } from '../../reports/comparison.js'
import type { VisitorRow } from '../../reports/report-store.js'
import type { WebhookEvent } from '../webhook.js'
import type { EndedSession, SessionRow } from './activity-store.js'

/** A stored pageview, as webhooks tell it. Absent texts are empty. */
export function describePageview(row: PublishedRow): WebhookEvent {
  const {
    site_id: siteId,
    event_id: key,
    occurred_at: at,
    path,
    referrer,
    country,
    device_type: device,
    browser,
  } = row
  return { key, name: 'pageview', siteId, at, data: { siteId, path, referrer, country, device, browser } }
}

/** A stored custom event: category, label and value are its properties of these names, null without. */
export function describeCustomEvent(row: PublishedRow): WebhookEvent {
  const { site_id: siteId, event_id: key, occurred_at: at, event_name: action, path } = row
  const { category = null, label = null, value = null } = readProperties(row)
  return { key, name: 'event', siteId, at, data: { siteId, action, category, label, value, path } }
}

/** A stored goal of the tracker that is none of the site's own: its name is its id. Told as often as it happens. */
export function describeTrackerGoal(row: PublishedRow): WebhookEvent {
  const { site_id: siteId, event_id: key, occurred_at: at, event_name: name, path } = row
  return {
    key,
    name: 'goal',
    siteId,
    at,
    data: { siteId, goalId: name, goalName: name, path, value: readValue(row) },
  }
}

/** A goal that an event reaches: once in a session, whichever of its events tells it. */
export function describeGoal(goal: Goal, row: PublishedRow): WebhookEvent {
  return describeReachedGoal(goal, {
    sessionId: row.session_id,
    at: row.occurred_at,
    path: row.path,
    value: readValue(row),
  })
}

/** How a session reached a goal. */
interface Reached {
  sessionId: string
  /** ms since the epoch. */
  at: number
  path: string
  /** What the event itself says that it is worth. */
  value: number | null
}

/** `value` is that of the event, else that of the goal, else null. */
function describeReachedGoal(
  { id, siteId, name, value: worth }: Goal,
  { sessionId, at, path, value }: Reached,
): WebhookEvent {
  return {
    key: `${id} ${sessionId}`,
    name: 'goal',
    siteId,
    at,
    data: { siteId, goalId: id, goalName: name, path, value: value ?? worth },
  }
}

function readValue(row: PublishedRow): number | null {
  if (row.event_type === 'pageview') return null
  const { value } = readProperties(row)
  return typeof value === 'number' ? value : null
}

function readProperties({ properties }: PublishedRow): Properties {
  return JSON.parse(properties) as Properties
}

/** The end of a session, which is half an hour after the collector took its last event. `duration` is in whole seconds; paths are null without a pageview. */
export function describeSessionEnd({
  siteId,
  sessionId,
  startedAt,
  endedAt,
  pages,
  entryPath,
  exitPath,
  lastReceivedAt,
}: EndedSession): WebhookEvent {
  const duration = Math.round((endedAt - startedAt) / 1000)
  return {
    key: sessionId,
    name: 'session_end',
    siteId,
    at: lastReceivedAt + SESSION_TIMEOUT_MS,
    data: { siteId, sessionId, duration, pages, entryPath: entryPath || null, exitPath: exitPath || null },
  }
}

/** The goals of duration that a session has reached, each at the moment at which it had lasted that long. */
export function describeDurationGoals(
  { sessionId, startedAt, endedAt, exitPath }: SessionRow,
  goals: SiteGoals | undefined,
  now: number,
): WebhookEvent[] {
  return (goals?.durations ?? [])
    .map(({ goal, seconds }) => ({ goal, at: startedAt + seconds * 1000 }))
    .filter(({ goal, at }) => at <= endedAt && hasRuled(goal, { at, now }))
    .map(({ goal, at }) => describeReachedGoal(goal, { sessionId, at, path: exitPath, value: null }))
}

/** A visitor with this value score, and more, is one of high value. */
export const HIGH_VALUE_SCORE = 70

/**
 * A visitor of high value: told once for each day (UTC) on which such a visit of theirs begins. A visit over midnight stays one, and
 * whoever comes back on the next day is told again.
 */
export function describeHighValueVisitor(
  siteId: string,
  { id: visitorId, country, valueScore, landingPage, visitedAt, lastSeen }: VisitorRow,
): WebhookEvent {
  const timestamp = new Date(visitedAt).toISOString()
  return {
    key: `${visitorId} ${timestamp.slice(0, 10)}`,
    name: 'high_value_visitor',
    siteId,
    at: lastSeen,
    data: {
      siteId,
      visitorId,
      country: (countryName(country) ?? country) || 'Unknown',
      valueScore,
      landingPage: landingPage || '/',
      timestamp,
    },
  }
}
