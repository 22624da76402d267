import type { Properties } from '@zenovay/tracker/contract'
import type { Goal } from '../../goals/goal.js'
import type { ToldRow } from '../../stores/event-row.js'
import type { WebhookEvent } from '../webhook-event.js'

/** A stored pageview, as webhooks tell it. Absent texts are empty. */
export function describePageview(row: ToldRow): WebhookEvent {
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
export function describeCustomEvent(row: ToldRow): WebhookEvent {
  const { site_id: siteId, event_id: key, occurred_at: at, event_name: action, path } = row
  const { category = null, label = null, value = null } = readProperties(row)
  return { key, name: 'event', siteId, at, data: { siteId, action, category, label, value, path } }
}

/** A stored goal of the tracker that is none of the site's own: its name is its id. Told as often as it happens. */
export function describeTrackerGoal(row: ToldRow): WebhookEvent {
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
export function describeGoal(goal: Goal, row: ToldRow): WebhookEvent {
  return describeReachedGoal(goal, {
    sessionId: row.session_id,
    at: row.occurred_at,
    path: row.path,
    value: readValue(row),
  })
}

/** How a session reached a goal. */
export interface Reached {
  sessionId: string
  /** ms since the epoch. */
  at: number
  path: string
  /** What the event itself says that it is worth. */
  value: number | null
}

/** `value` is that of the event, else that of the goal, else null. */
export function describeReachedGoal(
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

function readValue(row: ToldRow): number | null {
  if (row.event_type === 'pageview') return null
  const { value } = readProperties(row)
  return typeof value === 'number' ? value : null
}

function readProperties({ properties }: ToldRow): Properties {
  return JSON.parse(properties) as Properties
}
