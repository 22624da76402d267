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
  /** Unix time in milliseconds. */
  now: () => number
}

interface SessionEnds {
  /**
   * Publishes the sessions that ended on these sites since the last call. Includes sessions that ended while
   * the collector was down.
   */
  publish(siteIds: readonly string[]): Promise<void>
}

// Assumed maximum time between receiving and storing an event. Sessions are checked only after this time,
// because a session whose next event is not stored yet would appear to have ended.
const STORED_WITHIN_MS = 5_000
// Maximum age of session ends that are published after a downtime. It exceeds the seven days for which
// browsers keep unsent events.
const MAX_DOWNTIME_MS = 8 * DAY_MS
// Length of the period that one query covers after a downtime.
const SLICE_MS = 60 * 60 * 1000
const PAGE_LIMIT = 500
// Maximum number of site IDs in one query, well below the limit of the store.
const SITES_PER_QUERY = 1_000
// Interval for saving the checkpoint if no events are published. Saving is rare, because every write waits
// for the disk.
const CHECKPOINT_EVERY_MS = 10 * 60 * 1000

/**
 * Publishes ended sessions in the order of their last event, starting at a stored checkpoint. A session that
 * is found twice is published once, because the session ID is the event key.
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

  /**
   * Publishes sessions whose last event was received in a period. Resolves to the number of published events.
   */
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
      // Start at the current time if there is no checkpoint, or if the checkpoint is in the future because
      // the clock was set back.
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
