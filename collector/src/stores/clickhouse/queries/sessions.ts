import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import { DAY_MS } from '../../../durations.js'
import type {
  ActivityStore,
  EndedCursor,
  EndedQuestion,
  SessionRow,
} from '../../../webhooks/events/activity-store.js'
import { momentSql, type QueryClient, splitParameter } from '../client.js'
import { RECEIVED_BETWEEN } from './events.js'
import { ENGAGEMENT_SUMS, visitEvents } from './visit-events.js'
import { MAKES_VISIT } from './visit-parts.js'

interface EndedRow extends EndedCursor {
  /**
   * Time of the earliest event of the session that was received in the time range. Unix time in milliseconds.
   */
  first: number
}

const ENDED_SESSIONS = `
  SELECT e.site_id AS siteId, e.session_id AS sessionId, toUnixTimestamp64Milli(max(e.received_at)) AS lastReceivedAt,
    toUnixTimestamp64Milli(min(e.occurred_at)) AS first
  FROM events AS e WHERE ${RECEIVED_BETWEEN} AND ${MAKES_VISIT} GROUP BY siteId, sessionId
  HAVING lastReceivedAt > {from: Int64} AND lastReceivedAt <= {until: Int64} AND (lastReceivedAt, siteId, sessionId) > ({afterTime: Int64}, {afterSite: String}, {afterSession: String})
  ORDER BY lastReceivedAt, siteId, sessionId LIMIT {limit: UInt32}`

// Pages, duration, entry page and exit page are computed in the same way as for the visits in visits.ts.
const SESSIONS = `
  SELECT site_id AS siteId, session_id AS sessionId, toUnixTimestamp64Milli(started_at) AS startedAt, startedAt + lasted_ms AS endedAt, pages, entryPath, exitPath
  FROM (
    SELECT site_id, session_id, minIf(occurred_at, ${MAKES_VISIT}) AS started_at, maxIf(occurred_at, ${MAKES_VISIT}) AS ended_at, ${ENGAGEMENT_SUMS},
      countIf(is_pageview) AS pages, argMinIf(e.path, place, is_pageview) AS entryPath, argMaxIf(e.path, place, is_pageview) AS exitPath
    FROM ${visitEvents(
      `e.site_id IN {siteIds: Array(String)} AND e.occurred_at >= ${momentSql('since')} AND e.occurred_at <= ${momentSql('until')}
        AND e.received_at <= ${momentSql('until')} AND e.session_id IN {sessionIds: Array(String)}`,
      'toDate(e.occurred_at)',
    )} AS e
    GROUP BY site_id, session_id HAVING countIf(${MAKES_VISIT}) > 0
  )`

/**
 * Returns sessions by ID. A session includes the events that occurred from `since` to `until` and were
 * received by `until`. Both times are Unix times in milliseconds and inclusive.
 */
export function querySessions(
  client: QueryClient,
  question: { siteIds: readonly string[]; sessionIds: readonly string[]; since: number; until: number },
): Promise<SessionRow[]> {
  return client.select<SessionRow>(SESSIONS, question)
}

export async function queryEndedSessions(
  client: QueryClient,
  { siteIds, from, until, after, limit }: EndedQuestion,
): ReturnType<ActivityStore['endedSessions']> {
  const rows = await client.select<EndedRow>(ENDED_SESSIONS, {
    siteIds,
    from,
    until,
    limit,
    to: until + SESSION_TIMEOUT_MS,
    afterTime: after?.lastReceivedAt ?? 0,
    afterSite: after?.siteId ?? '',
    afterSession: after?.sessionId ?? '',
  })
  // A session lasts at most one day, so it started at most one day before the earliest of these events.
  const since = rows.reduce((least, { first }) => Math.min(least, first), Infinity) - DAY_MS
  const sessions = new Map<string, SessionRow>()
  for (const sessionIds of splitParameter(new Set(rows.map(({ sessionId }) => sessionId))))
    for (const session of await querySessions(client, {
      siteIds: [...new Set(rows.map(({ siteId }) => siteId))],
      sessionIds,
      since,
      // No session has an event of its own since, but the last page may have been read on.
      until: until + SESSION_TIMEOUT_MS,
    }))
      sessions.set(keyOf(session), session)
  // Skip sessions that were erased between the two queries.
  const ended = rows.flatMap((row) => {
    const session = sessions.get(keyOf(row))
    return session ? [{ ...session, lastReceivedAt: row.lastReceivedAt }] : []
  })
  return { sessions: ended, end: rows.length === limit ? rows.at(-1) : undefined }
}

const keyOf = ({ siteId, sessionId }: { siteId: string; sessionId: string }) => `${siteId} ${sessionId}`
