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
  /** ms since the epoch. */
  now: () => number
}

interface VisitorScoring {
  /**
   * Evaluates the sessions and visitors that had events since the last call, over all of their events;
   * resolves to whether there were any. Those whose queries fail stay pending.
   */
  score(): Promise<boolean>
}

/**
 * Publishes duration goals reached by sessions, and high-value visitors by their visits of the last 24 hours.
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
        // A site too large to query must not hold up the others.
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
