import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../../control/control-store.js'
import type { GoalCache } from '../../control/goals/goal-cache.js'
import { describeError } from '../../errors.js'
import type { EventStore } from '../../ingest/event-store.js'
import type { Outbox } from '../outbox.js'
import type { WebhookEventName } from '../webhook.js'
import type { ReceivedRow, ActivityStore } from './activity-store.js'
import type { CheckpointStore } from './checkpoints.js'
import { createPendingIds } from './pending-ids.js'
import { createEventPublisher, type EventPublisher, type PublishEvents } from './publisher.js'
import { createSessionEnds } from './session-ends.js'
import { createVisitorScoring } from './visitor-values.js'

interface WebhookEventJobServices {
  control: Pick<ControlStore, 'listSites'>
  events: Pick<EventStore, 'newestReceipt'>
  activity: ActivityStore
  checkpoints: CheckpointStore
  outbox: Outbox
  goals: GoalCache
  log: Pick<FastifyBaseLogger, 'warn'>
  /** Unix time in milliseconds. */
  now: () => number
}

/** Publishes webhook events, partly with each stored batch and partly in a background job. */
export interface WebhookEventJob {
  /** Publishes the webhook events of a stored batch. Await it before the batch is acknowledged. */
  publish: PublishEvents
  maxDeliveries: EventPublisher['maxDeliveries']
  name: string
  everyMs: number
  runAtStart: boolean
  /**
   * Publishes session ends, duration goals and high-value visitors. The first run also publishes recent
   * events again, because a crash may have left some of them unpublished.
   */
  run(signal: AbortSignal): Promise<void>
}

const INTERVAL_MS = 15_000
const EVENTS_OF_ROWS: readonly WebhookEventName[] = ['pageview', 'event', 'goal', 'high_value_visitor']
// Minimum period whose events are published again after a start. It covers a batch that was stored but not
// published before a crash.
const REPLAY_MS = 2 * 60 * 1000
// Maximum period whose events are published again after a start. It covers sessions and visitors that were
// not scored before a crash.
const MAX_REPLAY_MS = 15 * 60 * 1000
// Interval for saving the checkpoint if there is nothing to score. Saving is rare, because every write waits
// for the disk.
const CHECKPOINT_EVERY_MS = 5 * 60 * 1000
const MAX_DOWNTIME_MS = 8 * 24 * 60 * 60 * 1000

/** Creates the job and loads the goals and checkpoints. Await the result before new events are accepted. */
export async function createWebhookEventJob({
  control,
  events,
  activity,
  checkpoints,
  outbox,
  goals,
  log,
  now,
}: WebhookEventJobServices): Promise<WebhookEventJob> {
  const pending = { visitors: createPendingIds(), sessions: createPendingIds() }
  const { publish, maxDeliveries } = createEventPublisher({ outbox, goals, pending, now })
  const scoring = createVisitorScoring({ activity, outbox, goals, pending, now })
  const sessionEnds = createSessionEnds({ activity, checkpoints, outbox, goals, now })

  await goals.load()
  const newest = await events.newestReceipt(now() - MAX_DOWNTIME_MS)
  const checkpoint = await checkpoints.findCheckpoint('events-judged')
  // Save a checkpoint on the very first start, so that the next start finds one.
  if (checkpoint === undefined) await checkpoints.saveCheckpoint('events-judged', newest)
  let scoredTo = checkpoint ?? newest
  // If the system clock was set back, the newest event is in the future.
  const last = Math.min(newest, now())
  // Publish events again that were stored but not published before this start. A retry by the browser would
  // not publish them, because the collector acknowledges it as a duplicate.
  let unpublished: { from: number; until: number } | undefined = {
    from: Math.max(Math.min(scoredTo, last) - REPLAY_MS, last - MAX_REPLAY_MS),
    until: newest,
  }

  async function replay(siteIds: readonly string[], signal: AbortSignal): Promise<void> {
    if (unpublished) await replayRecentEvents({ activity, publish, siteIds, ...unpublished, signal })
    if (!signal.aborted) unpublished = undefined
  }

  async function scorePending(isSubscribed: boolean): Promise<void> {
    const startedAt = now()
    const hasScored = await scoring.score()
    // Keep the old checkpoint until the replay is complete. If the replay fails, the next start must repeat
    // it.
    if (unpublished) return
    if (!hasScored && !(isSubscribed && Math.abs(startedAt - scoredTo) > CHECKPOINT_EVERY_MS)) return
    await checkpoints.saveCheckpoint('events-judged', startedAt)
    scoredTo = startedAt
    const dropped = pending.sessions.takeDropped() + pending.visitors.takeDropped()
    if (dropped > 0)
      log.warn({ dropped }, 'too many active sessions and visitors to score; some were skipped')
  }

  return {
    publish,
    maxDeliveries,
    name: 'webhook-events',
    everyMs: INTERVAL_MS,
    runAtStart: true,
    async run(signal) {
      await goals.load()
      const siteIds = (await control.listSites()).map(({ id }) => id)
      const subscribed = siteIds.filter((id) => EVENTS_OF_ROWS.some((name) => outbox.hasSubscriber(id, name)))
      const ending = siteIds.filter(
        (id) =>
          outbox.hasSubscriber(id, 'session_end') ||
          (outbox.hasSubscriber(id, 'goal') && (goals.of(id)?.durations.length ?? 0) > 0),
      )
      await runEach(signal, {
        'replay of recent events': () => replay(subscribed, signal),
        'scoring of sessions and visitors': () => scorePending(subscribed.length > 0),
        'session ends': () => sessionEnds.publish(ending),
      })
    },
  }
}

/** Runs tasks in order, and continues if a task fails. Rejects with the first failure after the last task. */
async function runEach(signal: AbortSignal, tasks: Record<string, () => Promise<void>>): Promise<void> {
  let failure: Error | undefined
  for (const [name, task] of Object.entries(tasks)) {
    if (signal.aborted) return
    await task().catch((error: unknown) => {
      failure ??= new Error(`${name}: ${describeError(error)}`, { cause: error })
    })
  }
  if (failure) throw failure
}

interface ReplayOptions {
  activity: Pick<ActivityStore, 'eventsReceived'>
  publish: PublishEvents
  siteIds: readonly string[]
  /** Start of the period. Unix time in milliseconds. The period includes both `from` and `until`. */
  from: number
  until: number
  /** Stops the replay before the next page when aborted. */
  signal: AbortSignal
}

const PAGE_LIMIT = 1_000
// Maximum number of site IDs in one query, well below the limit of the store.
const SITES_PER_QUERY = 1_000

/**
 * Publishes again all events that were received in a period. The outbox recognises events by their keys and
 * skips those that were already published.
 */
async function replayRecentEvents({
  activity,
  publish,
  siteIds,
  from,
  until,
  signal,
}: ReplayOptions): Promise<void> {
  for (let first = 0; first < siteIds.length; first += SITES_PER_QUERY) {
    const some = siteIds.slice(first, first + SITES_PER_QUERY)
    for (let after: ReceivedRow | undefined, isMore = true; isMore && !signal.aborted;) {
      const rows = await activity.eventsReceived({ siteIds: some, from, until, after, limit: PAGE_LIMIT })
      await publish(
        rows.map((row) => ({ row })),
        { isReplay: true },
      )
      after = rows.at(-1)
      isMore = rows.length === PAGE_LIMIT
    }
  }
}
