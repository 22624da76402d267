import { type Properties, SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { SiteGoals } from '../../control/goals/goal-cache.js'
import { type Goal, hasRuled } from '../../control/goals/goal.js'
import type { PublishedRow } from '../../ingest/event-row.js'
import { countryName } from '../../reports/comparison.js'
import type { VisitorRow } from '../../reports/report-store.js'
import type { WebhookEvent } from '../webhook.js'
import type { EndedSession, SessionRow } from './activity-store.js'

/** Creates the webhook event for a stored pageview. Unknown values are null, as in all webhook events. */
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
  return {
    key,
    name: 'pageview',
    siteId,
    at,
    data: {
      siteId,
      path,
      referrer: referrer || null,
      country: country || null,
      device: device || null,
      browser: browser || null,
    },
  }
}

/**
 * Creates the webhook event for a stored custom event. `category`, `label` and `value` are the event
 * properties with these names, or null if they are missing.
 */
export function describeCustomEvent(row: PublishedRow): WebhookEvent {
  const { site_id: siteId, event_id: key, occurred_at: at, event_name: action, path } = row
  const { category = null, label = null, value = null } = parseProperties(row)
  return { key, name: 'event', siteId, at, data: { siteId, action, category, label, value, path } }
}

/**
 * Creates the webhook event for a `goal()` call that matches no goal of the site. The goal name is also used
 * as the goal ID. Every call is published.
 */
export function describeTrackerGoal(row: PublishedRow): WebhookEvent {
  const { site_id: siteId, event_id: key, occurred_at: at, event_name: name, path } = row
  return {
    key,
    name: 'goal',
    siteId,
    at,
    data: { siteId, goalId: name, goalName: name, path, value: parseValue(row) },
  }
}

/**
 * Creates the webhook event for a goal that a stored event completed. A goal is published once per session,
 * even if several events complete it.
 */
export function describeGoal(goal: Goal, row: PublishedRow): WebhookEvent {
  return describeReachedGoal(goal, {
    sessionId: row.session_id,
    at: row.occurred_at,
    path: row.path,
    value: parseValue(row),
  })
}

/** The time, path and value with which a session completed a goal. */
interface Conversion {
  sessionId: string
  /** Unix time in milliseconds. */
  at: number
  path: string
  /** Value that the event reported, or null if it reported no value. */
  value: number | null
}

/**
 * Creates the webhook event for a completed goal. If the conversion has no value, the event contains the
 * value of the goal.
 */
function describeReachedGoal(
  { id, siteId, name, value: goalValue }: Goal,
  { sessionId, at, path, value }: Conversion,
): WebhookEvent {
  return {
    key: `${id} ${sessionId}`,
    name: 'goal',
    siteId,
    at,
    data: { siteId, goalId: id, goalName: name, path: path || null, value: value ?? goalValue },
  }
}

function parseValue(row: PublishedRow): number | null {
  if (row.event_type === 'pageview') return null
  const { value } = parseProperties(row)
  return typeof value === 'number' ? value : null
}

function parseProperties({ properties }: PublishedRow): Properties {
  return JSON.parse(properties) as Properties
}

/**
 * Creates the webhook event for a session that ended 30 minutes after its last event was received. `duration`
 * is in seconds. The paths are null if the session has no pageview.
 */
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

/**
 * Creates the webhook events for the duration goals that a session completed. Each event has the time at
 * which the session reached the required duration.
 */
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

/** Minimum value score of a high-value visitor. */
export const HIGH_VALUE_SCORE = 70

/**
 * Creates the webhook event for a high-value visitor. The event is published once per visitor and UTC day. A
 * visit belongs to the day on which it started.
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
      country: (countryName(country) ?? country) || null,
      valueScore,
      landingPage: landingPage || null,
      timestamp,
    },
  }
}
