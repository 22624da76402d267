import type { GoalCache } from '../../control/goals/goal-cache.js'
import { DAY_MS } from '../../durations.js'
import type { Outbox } from '../outbox.js'
import type { ActivityStore } from './activity-store.js'
import { describeDurationGoals, describeHighValueVisitor, HIGH_VALUE_SCORE } from './payloads.js'
import type { PendingIds } from './pending-ids.js'

interface VisitorScoringServices {
  store: Pick<ActivityStore, 'sessions' | 'visitors'>
  outbox: Outbox
  goals: Pick<GoalCache, 'of'>
  touched: { visitors: PendingIds; sessions: PendingIds }
  now: () => number
}

interface VisitorScoring {
  /**
   * Judges the sessions and visitors with events since the last call by all their events; resolves to whether there were any.
   * Those that cannot be judged now wait for the next call.
   */
  judge(): Promise<boolean>
}

/** Finds who reached a goal of duration, and which visitors are of high value by their visits of the last 24 hours. */
export function createVisitorScoring({
  store,
  outbox,
  goals,
  touched,
  now,
}: VisitorScoringServices): VisitorScoring {
  async function judgeSessions(siteId: string, ids: ReadonlySet<string>): Promise<void> {
    const sessions = await store.sessions(siteId, ids, now() - DAY_MS)
    const events = sessions.flatMap((session) => describeDurationGoals(session, goals.of(siteId), now()))
    if (events.length > 0) await outbox.put(events)
  }

  async function judgeVisitors(siteId: string, ids: ReadonlySet<string>): Promise<void> {
    const time = now()
    const visitors = await store.visitors(siteId, ids, { from: time - DAY_MS, to: time + 1 })
    const events = visitors
      .filter(({ valueScore }) => valueScore >= HIGH_VALUE_SCORE)
      .map((visitor) => describeHighValueVisitor(siteId, visitor))
    if (events.length > 0) await outbox.put(events)
  }

  async function judgeAll(
    waiting: PendingIds,
    judge: (siteId: string, ids: ReadonlySet<string>) => Promise<void>,
  ): Promise<boolean> {
    const sites = waiting.take()
    const failures: unknown[] = []
    for (const [siteId, ids] of sites) {
      try {
        await judge(siteId, ids)
      } catch (error) {
        // What is too much of one site must not keep the others waiting.
        for (const id of ids) waiting.add(siteId, id)
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return sites.size > 0
  }

  return {
    async judge() {
      const hadSessions = await judgeAll(touched.sessions, judgeSessions)
      const hadVisitors = await judgeAll(touched.visitors, judgeVisitors)
      return hadSessions || hadVisitors
    },
  }
}
