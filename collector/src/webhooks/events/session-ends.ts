import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { GoalCache } from '../../control/goals/goal-cache.js'
import { DAY_MS } from '../../durations.js'
import type { Outbox } from '../outbox.js'
import type { EndedCursor, ActivityStore } from './activity-store.js'
import type { CheckpointStore } from './checkpoints.js'
import { describeDurationGoals, describeSessionEnd } from './payloads.js'

interface SessionEndsServices {
  store: Pick<ActivityStore, 'endedSessions'>
  marks: CheckpointStore
  outbox: Outbox
  goals: Pick<GoalCache, 'of'>
  now: () => number
}

interface SessionEnds {
  /** Tells the sessions of these sites that ended since the last call, also when the collector was away meanwhile. */
  publish(siteIds: readonly string[]): Promise<void>
}

// An event may be received and not be stored yet: without it a session seems to have ended that goes on.
const STORED_WITHIN_MS = 5_000
// After a longer downtime sessions that ended before are left out. As long as an event may wait with its browser.
const LONGEST_AWAY_MS = 8 * DAY_MS
// What one question looks at after a downtime.
const SLICE_MS = 60 * 60 * 1000
const PAGE_LIMIT = 500
// As many ids as fit into one question by far.
const SITES_AT_ONCE = 1_000
// The mark is written when there was something to tell, else now and then: every write waits for the disk.
const MARK_EVERY_MS = 10 * 60 * 1000

/**
 * Finds the sessions that ended, by the time of their last event, up to a mark that goes on over restarts. A session's key is its id: one
 * that is found again, because the mark was not written or the clock was put back, is not told again.
 */
export function createSessionEnds({ store, marks, outbox, goals, now }: SessionEndsServices): SessionEnds {
  let from: number | undefined
  let marked = -Infinity

  async function tellSlice(
    siteIds: readonly string[],
    { since, until }: { since: number; until: number },
  ): Promise<number> {
    let told = 0
    for (let after: EndedCursor | undefined, isMore = true; isMore;) {
      const { sessions, end } = await store.endedSessions({
        siteIds,
        from: since,
        until,
        after,
        limit: PAGE_LIMIT,
      })
      const events = sessions.flatMap((session) => [
        ...(outbox.wants(session.siteId, 'session_end') ? [describeSessionEnd(session)] : []),
        ...(outbox.wants(session.siteId, 'goal')
          ? describeDurationGoals(session, goals.of(session.siteId), now())
          : []),
      ])
      if (events.length > 0) await outbox.put(events)
      told += events.length
      after = end
      isMore = end !== undefined
    }
    return told
  }

  return {
    async publish(siteIds) {
      const newest = now() - SESSION_TIMEOUT_MS - STORED_WITHIN_MS
      from ??= await marks.findCheckpoint('sessions-ended')
      // At the very first there is nothing to make up for; and when the clock was put back, time begins anew.
      from = Math.min(Math.max(from ?? newest, newest - LONGEST_AWAY_MS), newest)
      if (siteIds.length === 0) return void (from = newest)
      let told = 0
      while (from < newest) {
        const until: number = Math.min(newest, from + SLICE_MS)
        for (let first = 0; first < siteIds.length; first += SITES_AT_ONCE)
          told += await tellSlice(siteIds.slice(first, first + SITES_AT_ONCE), { since: from, until })
        from = until
      }
      if (told === 0 && Math.abs(from - marked) < MARK_EVERY_MS) return
      await marks.saveCheckpoint('sessions-ended', from)
      marked = from
    },
  }
}
