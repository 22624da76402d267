import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { GoalCache } from '../../control/goals/goal-cache.js'
import { DAY_MS } from '../../durations.js'
import type { Outbox } from '../outbox.js'
import type { EndedCursor, ActivityStore } from './activity-store.js'
import type { CheckpointStore } from './checkpoints.js'
import { describeDurationGoals, describeSessionEnd } from './payloads.js'

interface SessionEndsServices {
  activity: Pick<ActivityStore, 'endedSessions'>
  checkpoints: CheckpointStore
  outbox: Outbox
  goals: Pick<GoalCache, 'of'>
  /** ms since the epoch. */
  now: () => number
}

interface SessionEnds {
  /**
   * Publishes the sessions of these sites that ended since the last call, including those that ended while
   * the collector was down.
   */
  publish(siteIds: readonly string[]): Promise<void>
}

// An event may be received but not stored yet; without it, a session that continues would look ended.
const STORED_WITHIN_MS = 5_000
// Sessions that ended earlier are skipped after a longer downtime. A browser keeps unsent events equally
// long.
const MAX_DOWNTIME_MS = 8 * DAY_MS
// Period of one query while catching up after a downtime.
const SLICE_MS = 60 * 60 * 1000
const PAGE_LIMIT = 500
// This is far below the number of ids that fit into one query.
const SITES_PER_QUERY = 1_000
// Without published events the checkpoint is written rarely: every write waits for the disk.
const CHECKPOINT_EVERY_MS = 10 * 60 * 1000

/**
 * Finds ended sessions in the order of their last event, from a checkpoint that survives restarts. The
 * session id is the event key: a session found again, because the checkpoint was not written or the clock was
 * set back, is not published again.
 */
export function createSessionEnds({
  activity,
  checkpoints,
  outbox,
  goals,
  now,
}: SessionEndsServices): SessionEnds {
  let from: number | undefined
  let savedAt = -Infinity

  /** Resolves to the number of published events. */
  async function publishSlice(
    siteIds: readonly string[],
    { since, until }: { since: number; until: number },
  ): Promise<number> {
    let published = 0
    for (let after: EndedCursor | undefined, isMore = true; isMore;) {
      const { sessions, end } = await activity.endedSessions({
        siteIds,
        from: since,
        until,
        after,
        limit: PAGE_LIMIT,
      })
      const events = sessions.flatMap((session) => [
        ...(outbox.hasSubscriber(session.siteId, 'session_end') ? [describeSessionEnd(session)] : []),
        ...(outbox.hasSubscriber(session.siteId, 'goal')
          ? describeDurationGoals(session, goals.of(session.siteId), now())
          : []),
      ])
      if (events.length > 0) await outbox.put(events)
      published += events.length
      after = end
      isMore = end !== undefined
    }
    return published
  }

  return {
    async publish(siteIds) {
      const newest = now() - SESSION_TIMEOUT_MS - STORED_WITHIN_MS
      from ??= await checkpoints.findCheckpoint('sessions-ended')
      // Without a checkpoint there is nothing to catch up with; a checkpoint in the future (the clock was set
      // back) restarts at the present.
      from = Math.min(Math.max(from ?? newest, newest - MAX_DOWNTIME_MS), newest)
      if (siteIds.length === 0) return void (from = newest)
      let published = 0
      while (from < newest) {
        const until: number = Math.min(newest, from + SLICE_MS)
        for (let first = 0; first < siteIds.length; first += SITES_PER_QUERY)
          published += await publishSlice(siteIds.slice(first, first + SITES_PER_QUERY), {
            since: from,
            until,
          })
        from = until
      }
      if (published === 0 && Math.abs(from - savedAt) < CHECKPOINT_EVERY_MS) return
      await checkpoints.saveCheckpoint('sessions-ended', from)
      savedAt = from
    },
  }
}
