import type { GoalCache } from '../../control/goals/goal-cache.js'
import { DAY_MS } from '../../durations.js'
import type { Outbox } from '../outbox.js'
import type { ActivityStore } from './activity-store.js'
import { describeDurationGoals, describeHighValueVisitor, HIGH_VALUE_SCORE } from './payloads.js'
import type { PendingIds } from './pending-ids.js'

interface VisitorScoringServices {
  activity: Pick<ActivityStore, 'sessions' | 'visitors'>
  outbox: Outbox
  goals: Pick<GoalCache, 'of'>
  pending: { visitors: PendingIds; sessions: PendingIds }
  /** Unix time in milliseconds. */
  now: () => number
}

interface VisitorScoring {
  /**
   * Evaluates the sessions and visitors that had events since the last call. Resolves to false if there were
   * none. If a query fails, the next call evaluates the affected sessions or visitors again.
   */
  score(): Promise<boolean>
}

/**
 * Publishes the duration goals that sessions completed, and high-value visitors based on their visits within
 * the last 24 hours.
 */
export function createVisitorScoring({
  activity,
  outbox,
  goals,
  pending,
  now,
}: VisitorScoringServices): VisitorScoring {
  async function scoreSessions(siteId: string, ids: ReadonlySet<string>): Promise<void> {
    const sessions = await activity.sessions(siteId, ids, now() - DAY_MS)
    const events = sessions.flatMap((session) => describeDurationGoals(session, goals.of(siteId), now()))
    if (events.length > 0) await outbox.put(events)
  }

  async function scoreVisitors(siteId: string, ids: ReadonlySet<string>): Promise<void> {
    const time = now()
    const visitors = await activity.visitors(siteId, ids, { from: time - DAY_MS, to: time + 1 })
    const events = visitors
      .filter(({ valueScore }) => valueScore >= HIGH_VALUE_SCORE)
      .map((visitor) => describeHighValueVisitor(siteId, visitor))
    if (events.length > 0) await outbox.put(events)
  }

  async function scoreAll(
    waiting: PendingIds,
    score: (siteId: string, ids: ReadonlySet<string>) => Promise<void>,
  ): Promise<boolean> {
    const sites = waiting.take()
    const failures: unknown[] = []
    for (const [siteId, ids] of sites) {
      try {
        await score(siteId, ids)
      } catch (error) {
        // Continue with the other sites, because a single site that is too large to query must not block
        // them.
        for (const id of ids) waiting.add(siteId, id)
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return sites.size > 0
  }

  return {
    async score() {
      const hadSessions = await scoreAll(pending.sessions, scoreSessions)
      const hadVisitors = await scoreAll(pending.visitors, scoreVisitors)
      return hadSessions || hadVisitors
    },
  }
}
