import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type {
  EndedCursor,
  EndedQuestion,
  SessionRow,
  ActivityStore,
} from '../../../webhooks/events/activity-store.js'
import { type Ask, splitParameter } from '../client.js'
import { RECEIVED_BETWEEN } from './events.js'
import { IS_PAGEVIEW, PLACE } from './visits.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** A session that ended, before its events are looked at. */
interface Ending extends EndedCursor {
  /** When the first of its events happened that were received within the time. */
  first: number
}

const ENDINGS = `
  SELECT e.site_id AS siteId, e.session_id AS sessionId, toUnixTimestamp64Milli(max(e.received_at)) AS lastReceivedAt,
    toUnixTimestamp64Milli(min(e.occurred_at)) AS first
  FROM events AS e WHERE ${RECEIVED_BETWEEN} GROUP BY siteId, sessionId
  HAVING lastReceivedAt > {from: Int64} AND lastReceivedAt <= {until: Int64} AND (lastReceivedAt, siteId, sessionId) > ({afterTime: Int64}, {afterSite: String}, {afterSession: String})
  ORDER BY lastReceivedAt, siteId, sessionId LIMIT {limit: UInt32}`

// Pages, entry and exit are those of the visits in visits.ts.
const SESSIONS = `
  SELECT e.site_id AS siteId, e.session_id AS sessionId,
    toUnixTimestamp64Milli(min(e.occurred_at)) AS startedAt, toUnixTimestamp64Milli(max(e.occurred_at)) AS endedAt, countIf(${IS_PAGEVIEW}) AS pages,
    argMinIf(e.path, ${PLACE}, ${IS_PAGEVIEW}) AS entryPath, argMaxIf(e.path, ${PLACE}, ${IS_PAGEVIEW}) AS exitPath
  FROM events AS e
  WHERE e.site_id IN {siteIds: Array(String)} AND e.occurred_at >= fromUnixTimestamp64Milli({since: Int64}, 'UTC') AND e.occurred_at <= fromUnixTimestamp64Milli({until: Int64}, 'UTC')
    AND e.received_at <= fromUnixTimestamp64Milli({until: Int64}, 'UTC') AND e.session_id IN {sessionIds: Array(String)}
  GROUP BY siteId, sessionId`

/** Sessions by those of their events that happened since `since` and were received until `until`, ms since the epoch. */
export function querySessions(
  ask: Ask,
  question: { siteIds: readonly string[]; sessionIds: readonly string[]; since: number; until: number },
): Promise<SessionRow[]> {
  return ask<SessionRow>(SESSIONS, question)
}

export async function queryEndedSessions(
  ask: Ask,
  { siteIds, from, until, after, limit }: EndedQuestion,
): ReturnType<ActivityStore['endedSessions']> {
  const endings = await ask<Ending>(ENDINGS, {
    siteIds,
    from,
    until,
    limit,
    to: until + SESSION_TIMEOUT_MS,
    afterTime: after?.lastReceivedAt ?? 0,
    afterSite: after?.siteId ?? '',
    afterSession: after?.sessionId ?? '',
  })
  // As visits are: of what happened a day before nothing belongs to it.
  const since = endings.reduce((least, { first }) => Math.min(least, first), Infinity) - DAY_MS
  const sessions = new Map<string, SessionRow>()
  for (const sessionIds of splitParameter(new Set(endings.map(({ sessionId }) => sessionId))))
    for (const session of await querySessions(ask, {
      siteIds: [...new Set(endings.map(({ siteId }) => siteId))],
      sessionIds,
      since,
      until,
    }))
      sessions.set(keyOf(session), session)
  // Erased meanwhile, it is not there.
  const ended = endings.flatMap((ending) => {
    const session = sessions.get(keyOf(ending))
    return session ? [{ ...session, lastReceivedAt: ending.lastReceivedAt }] : []
  })
  return { sessions: ended, end: endings.length === limit ? endings.at(-1) : undefined }
}

const keyOf = ({ siteId, sessionId }: { siteId: string; sessionId: string }) => `${siteId} ${sessionId}`
