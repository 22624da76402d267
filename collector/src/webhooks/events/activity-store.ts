import type { PublishedRow } from '../../ingest/event-row.js'
import type { VisitorRow } from '../../reports/report-store.js'

/**
 * Summary of the events of one session. All times are Unix times in milliseconds. It ends with its last event, or with
 * the engaged time of its last page. The paths are empty if the session has no pageview.
 */
export interface SessionRow {
  siteId: string
  sessionId: string
  startedAt: number
  endedAt: number
  pages: number
  entryPath: string
  exitPath: string
}

/** A session that has ended, because no event was received for 30 minutes. */
export interface EndedSession extends SessionRow {
  /** Time at which the collector received the last event of the session. */
  lastReceivedAt: number
}

/** Pagination cursor, which is the position of the last session on a page of results. */
export type EndedCursor = Pick<EndedSession, 'lastReceivedAt' | 'siteId' | 'sessionId'>

/**
 * Selects ended sessions. The last event of each session was received after `from` and no later than `until`,
 * and no event was received in the following 30 minutes.
 */
export interface EndedQuestion {
  siteIds: readonly string[]
  from: number
  until: number
  after?: EndedCursor | undefined
  limit: number
}

/** A stored event with its position in the order of receipt. */
export interface ReceivedRow extends PublishedRow {
  received_at: number
  /** Determines the order of events that were received in the same millisecond. */
  hash: number
}

/**
 * Queries the events, sessions and visitors that webhook events describe. Every method rejects with
 * `STORE_UNAVAILABLE` if the store is unreachable or busy.
 */
export interface ActivityStore {
  /**
   * Lists the events of these sites that were received from `from` to `until` (both inclusive), in the order
   * of receipt.
   */
  eventsReceived(question: {
    siteIds: readonly string[]
    from: number
    until: number
    after?: Pick<ReceivedRow, 'received_at' | 'hash'> | undefined
    limit: number
  }): Promise<ReceivedRow[]>
  /**
   * Lists ended sessions, ordered by `lastReceivedAt`, site and session. `end` is the cursor of the next
   * page, or undefined on the last page.
   */
  endedSessions(question: EndedQuestion): Promise<{ sessions: EndedSession[]; end: EndedCursor | undefined }>
  /**
   * Lists the sessions with these IDs. Only events that occurred since `since` (Unix time in milliseconds)
   * are included.
   */
  sessions(siteId: string, sessionIds: Iterable<string>, since: number): Promise<SessionRow[]>
  /**
   * Lists the visitors with these IDs, including the value score that reports show. Only visits in the period
   * are included.
   */
  visitors(
    siteId: string,
    visitorIds: Iterable<string>,
    period: { from: number; to: number },
  ): Promise<VisitorRow[]>
}
