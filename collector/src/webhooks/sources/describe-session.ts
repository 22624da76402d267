import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { SiteGoals } from '../../goals/create-goal-book.js'
import { hasRuled } from '../../goals/goal.js'
import type { EndedSession, SessionRow } from '../../stores/watch-store.js'
import type { WebhookEvent } from '../webhook-event.js'
import { describeReachedGoal } from './describe-event.js'

/** The end of a session, which is half an hour after the collector took its last event. `duration` is in whole seconds; paths are null without a pageview. */
export function describeSessionEnd({
  siteId,
  sessionId,
  startedAt,
  endedAt,
  pages,
  entryPath,
  exitPath,
  lastReceivedAt,
}: EndedSession): WebhookEvent {
  const duration = Math.round((endedAt - startedAt) / 1000)
  return {
    key: sessionId,
    name: 'session_end',
    siteId,
    at: lastReceivedAt + SESSION_TIMEOUT_MS,
    data: { siteId, sessionId, duration, pages, entryPath: entryPath || null, exitPath: exitPath || null },
  }
}

/** The goals of duration that a session has reached, each at the moment at which it had lasted that long. */
export function describeDurationGoals(
  { sessionId, startedAt, endedAt, exitPath }: SessionRow,
  goals: SiteGoals | undefined,
  now: number,
): WebhookEvent[] {
  return (goals?.durations ?? [])
    .map(({ goal, seconds }) => ({ goal, at: startedAt + seconds * 1000 }))
    .filter(({ goal, at }) => at <= endedAt && hasRuled(goal, { at, now }))
    .map(({ goal, at }) => describeReachedGoal(goal, { sessionId, at, path: exitPath, value: null }))
}
