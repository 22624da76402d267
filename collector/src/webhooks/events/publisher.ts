import type { GoalCache, SiteGoals } from '../../control/goals/goal-cache.js'
import { hasRuled } from '../../control/goals/goal.js'
import type { PublishedRow } from '../../ingest/event-row.js'
import type { Outbox } from '../outbox.js'
import type { WebhookEvent } from '../webhook.js'
import { describeCustomEvent, describeGoal, describePageview, describeTrackerGoal } from './payloads.js'
import type { PendingIds } from './pending-ids.js'

interface EventPublisherServices {
  outbox: Outbox
  goals: Pick<GoalCache, 'of'>
  /** Visitors and sessions to be judged by all their events, soon. */
  touched: { visitors: PendingIds; sessions: PendingIds }
  /** ms since the epoch. */
  now: () => number
}

/**
 * Tells webhooks what stored events are. Resolves when that is on the disk; undefined when nobody wants any of it, at no cost but the
 * looks into memory. Rejects with `STORE_UNAVAILABLE`. The same events may be told again.
 */
export type PublishEvents = (items: readonly { row: PublishedRow }[]) => Promise<void> | undefined

export function createEventPublisher({ outbox, goals, touched, now }: EventPublisherServices): PublishEvents {
  return (items) => {
    let events: WebhookEvent[] | undefined
    for (const { row } of items) {
      const { site_id: siteId, event_type: type } = row
      if (type === 'pageview' && outbox.wants(siteId, 'pageview')) (events ??= []).push(describePageview(row))
      else if (type === 'custom' && outbox.wants(siteId, 'event'))
        (events ??= []).push(describeCustomEvent(row))
      if (outbox.wants(siteId, 'goal')) events = tellGoals(row, goals.of(siteId), events)
      if (outbox.wants(siteId, 'high_value_visitor')) touched.visitors.add(siteId, row.visitor_id)
    }
    return events && outbox.put(events)
  }

  function tellGoals(
    row: PublishedRow,
    site: SiteGoals | undefined,
    told: WebhookEvent[] | undefined,
  ): WebhookEvent[] | undefined {
    let events = told
    const { event_type: type } = row
    const times = { at: row.occurred_at, now: now() }
    if (site && site.durations.length > 0) touched.sessions.add(row.site_id, row.session_id)
    if (type === 'pageview')
      for (const { goal, isReached } of site?.paths ?? [])
        if (hasRuled(goal, times) && isReached(row.path)) (events ??= []).push(describeGoal(goal, row))
    if (type !== 'custom' && type !== 'goal') return events

    let isOwn = false
    for (const goal of site?.events.get(row.event_name) ?? []) {
      if (!hasRuled(goal, times)) continue
      isOwn = true
      ;(events ??= []).push(describeGoal(goal, row))
    }
    // What the site has made a goal of its own is one conversion, not two.
    if (type === 'goal' && !isOwn) (events ??= []).push(describeTrackerGoal(row))
    return events
  }
}
