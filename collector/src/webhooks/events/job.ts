import { setTimeout as sleep } from 'node:timers/promises'
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
import { createEventPublisher, type PublishEvents } from './publisher.js'
import { createSessionEnds } from './session-ends.js'
import { createVisitorScoring } from './visitor-values.js'

interface WebhookEventJobServices {
  control: Pick<ControlStore, 'listSites'>
  events: Pick<EventStore, 'newestReceipt'>
  store: ActivityStore
  marks: CheckpointStore
  outbox: Outbox
  goals: GoalCache
  log: Pick<FastifyBaseLogger, 'warn'>
  /** ms since the epoch. */
  now: () => number
}

/** Tells what becomes of the events of all sites. */
export interface WebhookEventJob {
  /** To be awaited for every batch that was stored, before it is acknowledged. */
  publish: PublishEvents
  /** Tells what only time brings: ends of sessions, visits that last, visitors who are of value. Never rejects, and never runs twice at once. */
  tick(): Promise<void>
  /** Resolves when the tick under way has ended, or does not end. */
  stop(): Promise<void>
}

/** How often {@link WebhookEventJob.tick} is meant to be called, in milliseconds. */
export const WATCH_INTERVAL_MS = 15_000

const OF_EVENTS: readonly WebhookEventName[] = ['pageview', 'event', 'goal', 'high_value_visitor']
// A batch of which only the events were stored, when the collector was killed, is among the newest.
const OFFER_AGAIN_MS = 2 * 60 * 1000
// What was stored longer before a crash and not judged by then is not made up for.
const LONGEST_UNJUDGED_MS = 15 * 60 * 1000
// While there is nothing to judge the mark is written now and then: every write waits for the disk.
const MARK_EVERY_MS = 5 * 60 * 1000
const LONGEST_AWAY_MS = 8 * 24 * 60 * 60 * 1000
const STOP_WITHIN_MS = 1_000

/** Reads the goals, and where the events end that were stored before: to be awaited before new ones are taken. */
export async function createWebhookEventJob({
  control,
  events,
  store,
  marks,
  outbox,
  goals,
  log,
  now,
}: WebhookEventJobServices): Promise<WebhookEventJob> {
  const touched = { visitors: createPendingIds(), sessions: createPendingIds() }
  const publish = createEventPublisher({ outbox, goals, touched, now })
  const { judge } = createVisitorScoring({ store, outbox, goals, touched, now })
  const sessionEnds = createSessionEnds({ store, marks, outbox, goals, now })
  let isOver = false
  let running: Promise<void> | undefined

  await goals.load()
  const newest = await events.newestReceipt(now() - LONGEST_AWAY_MS)
  const mark = await marks.findCheckpoint('events-judged')
  // The very first start: from here on it is known what was not judged.
  if (mark === undefined) await marks.saveCheckpoint('events-judged', newest)
  let judged = mark ?? newest
  // When the clock was put back, the newest event is not the last one.
  const last = Math.min(newest, now())
  // A browser's own repeat of an event is answered from memory: what was stored and not told before the start is told without it.
  let toOffer: { from: number; until: number } | undefined = {
    from: Math.max(Math.min(judged, last) - OFFER_AGAIN_MS, last - LONGEST_UNJUDGED_MS),
    until: newest,
  }

  async function offer(siteIds: readonly string[]): Promise<void> {
    if (toOffer) await replayRecentEvents({ store, publish, siteIds, ...toOffer, isOver: () => isOver })
    if (!isOver) toOffer = undefined
  }

  async function judgeTouched(isWanted: boolean): Promise<void> {
    const startedAt = now()
    const hasJudged = await judge()
    // As long as something is to be offered, the next start has to offer it, too.
    if (toOffer || !(hasJudged || (isWanted && Math.abs(startedAt - judged) > MARK_EVERY_MS))) return
    await marks.saveCheckpoint('events-judged', startedAt)
    judged = startedAt
    const dropped = touched.sessions.takeDropped() + touched.visitors.takeDropped()
    if (dropped > 0)
      log.warn({ dropped }, 'more sessions and visitors had events than can be judged; some were left out')
  }

  const attempt = (task: string, run: () => Promise<void>) =>
    run().catch((error: unknown) => {
      if (!isOver)
        log.warn(
          { task, error: describeError(error) },
          'what became of events was not looked at; it is tried again',
        )
    })

  async function run(): Promise<void> {
    await goals.load()
    const siteIds = (await control.listSites()).map(({ id }) => id)
    const wanting = siteIds.filter((id) => OF_EVENTS.some((name) => outbox.wants(id, name)))
    await attempt('events of before the start', () => offer(wanting))
    if (isOver) return
    await attempt('visitors and sessions', () => judgeTouched(wanting.length > 0))
    const ending = siteIds.filter(
      (id) =>
        outbox.wants(id, 'session_end') ||
        (outbox.wants(id, 'goal') && (goals.of(id)?.durations.length ?? 0) > 0),
    )
    await attempt('ends of sessions', () => sessionEnds.publish(ending))
  }

  return {
    publish,
    tick: () =>
      isOver
        ? Promise.resolve()
        : (running ??= attempt('goals and sites', run).finally(() => (running = undefined))),
    async stop() {
      isOver = true
      // A store that does not answer is not waited for: its question ends when it is closed.
      await Promise.race([running, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
    },
  }
}

interface ReplayOptions {
  store: Pick<ActivityStore, 'eventsReceived'>
  publish: PublishEvents
  siteIds: readonly string[]
  /** ms since the epoch; both included. */
  from: number
  until: number
  /** Asked now and then: then it is left unfinished. */
  isOver: () => boolean
}

const PAGE_LIMIT = 1_000
// As many ids as fit into one question by far.
const SITES_AT_ONCE = 1_000

/** Tells the events that were received within a time once more: what was told before is known by its key. */
async function replayRecentEvents({
  store,
  publish,
  siteIds,
  from,
  until,
  isOver,
}: ReplayOptions): Promise<void> {
  for (let first = 0; first < siteIds.length; first += SITES_AT_ONCE) {
    const some = siteIds.slice(first, first + SITES_AT_ONCE)
    for (let after: ReceivedRow | undefined, isMore = true; isMore && !isOver();) {
      const rows = await store.eventsReceived({ siteIds: some, from, until, after, limit: PAGE_LIMIT })
      await publish(rows.map((row) => ({ row })))
      after = rows.at(-1)
      isMore = rows.length === PAGE_LIMIT
    }
  }
}
