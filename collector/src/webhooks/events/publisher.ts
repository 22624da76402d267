import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { GoalCache, SiteGoals } from '../../control/goals/goal-cache.js'
import { hasRuled } from '../../control/goals/goal.js'
import type { PublishedRow } from '../../ingest/event-row.js'
import type { Outbox } from '../outbox.js'
import type { WebhookEvent } from '../webhook.js'
import { describeCustomEvent, describeGoal, describePageview, describeTrackerGoal } from './payloads.js'
import type { PendingIds } from './pending-ids.js'

// After this time, the event loop handles other requests before the batch continues: the goals of a site may take
// milliseconds for each event.
const TURN_MS = 5

interface EventPublisherServices {
  outbox: Outbox
  goals: Pick<GoalCache, 'of'>
  /** IDs of the visitors and sessions to score later. */
  pending: { visitors: PendingIds; sessions: PendingIds }
  /** Unix time in milliseconds. */
  now: () => number
}

/**
 * Publishes stored events to webhooks. Publishing the same events again has no effect. Resolves when the
 * deliveries are on disk. Rejects with `STORE_UNAVAILABLE` if they cannot be stored. Returns undefined if
 * there is nothing to publish.
 */
export type PublishEvents = (
  items: readonly { row: PublishedRow }[],
  options?: PublishOptions,
) => Promise<void> | undefined

interface PublishOptions {
  /** Whether the events may have been published before. @default false */
  isReplay?: boolean
}

export interface EventPublisher {
  publish: PublishEvents
  /** Returns the greatest number of deliveries that an event can have. */
  maxDeliveries(row: PublishedRow): number
}

export function createEventPublisher({
  outbox,
  goals,
  pending,
  now,
}: EventPublisherServices): EventPublisher {
  return { publish, maxDeliveries }

  function publish(items: readonly { row: PublishedRow }[], { isReplay = false }: PublishOptions = {}) {
    return publishFrom(items, 0, undefined, !isReplay)
  }

  function maxDeliveries({ site_id: siteId, event_type: type, event_name: name }: PublishedRow): number {
    if (type === 'pageview')
      return (
        outbox.countSubscribers(siteId, 'pageview') +
        outbox.countSubscribers(siteId, 'goal') * (goals.of(siteId)?.paths.length ?? 0)
      )
    if (type !== 'custom' && type !== 'goal') return 0
    const ofEvent = type === 'custom' ? outbox.countSubscribers(siteId, 'event') : 0
    const own = goals.of(siteId)?.events.get(name)?.length ?? 0
    return ofEvent + outbox.countSubscribers(siteId, 'goal') * Math.max(own, type === 'goal' ? 1 : 0)
  }

  // Creates the array only if there is an event to publish, because this code runs for every stored batch.
  function publishFrom(
    items: readonly { row: PublishedRow }[],
    first: number,
    events: WebhookEvent[] | undefined,
    logsEarly: boolean,
  ): Promise<void> | undefined {
    const end = performance.now() + TURN_MS
    for (let index = first; index < items.length; index++) {
      if (performance.now() > end)
        return yieldToOthers().then(() => publishFrom(items, index, events, logsEarly))
      const { row } = items[index]!
      const { site_id: siteId, event_type: type } = row
      if (type === 'pageview' && outbox.hasSubscriber(siteId, 'pageview'))
        (events ??= []).push(describePageview(row))
      else if (type === 'custom' && outbox.hasSubscriber(siteId, 'event'))
        (events ??= []).push(describeCustomEvent(row))
      if (outbox.hasSubscriber(siteId, 'goal'))
        for (const event of reachedGoals(row, goals.of(siteId))) (events ??= []).push(event)
      if (outbox.hasSubscriber(siteId, 'high_value_visitor')) pending.visitors.add(siteId, row.visitor_id)
    }
    return events && outbox.put(events, { logsEarly })
  }

  function* reachedGoals(row: PublishedRow, site: SiteGoals | undefined): Generator<WebhookEvent> {
    const { event_type: type } = row
    const times = { at: row.occurred_at, now: now() }
    if (site && site.durations.length > 0) pending.sessions.add(row.site_id, row.session_id)
    if (type === 'pageview')
      for (const { goal, isReached } of site?.paths ?? [])
        if (hasRuled(goal, times) && isReached(row.path)) yield describeGoal(goal, row)
    if (type !== 'custom' && type !== 'goal') return

    let isSiteGoal = false
    for (const goal of site?.events.get(row.event_name) ?? []) {
      if (!hasRuled(goal, times)) continue
      isSiteGoal = true
      yield describeGoal(goal, row)
    }
    // Publish no second event if the site defines a goal with the same name, because the call is a single
    // conversion.
    if (type === 'goal' && !isSiteGoal) yield describeTrackerGoal(row)
  }
}
