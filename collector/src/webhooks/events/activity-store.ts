import type { PublishedRow } from '../../ingest/event-row.js'
import type { VisitorRow } from '../../reports/report-store.js'

/** A session, summed over its events. Times are ms since the epoch; paths are empty without a pageview. */
export interface SessionRow {
  siteId: string
  sessionId: string
  startedAt: number
  endedAt: number
  pages: number
  entryPath: string
  exitPath: string
}

/** A session that received no event for half an hour. */
export interface EndedSession extends SessionRow {
  /** The time when the collector received its last event. */
  lastReceivedAt: number
}

/** The last session of a page of ended sessions. */
export type EndedCursor = Pick<EndedSession, 'lastReceivedAt' | 'siteId' | 'sessionId'>

/**
 * Selects sessions whose last event was received after `from` and not after `until`, followed by half an hour
 * without events.
 */
export interface EndedQuestion {
  siteIds: readonly string[]
  from: number
  until: number
  after?: EndedCursor | undefined
  limit: number
}

/** A stored event and its position in the order of receipt. */
export interface ReceivedRow extends PublishedRow {
  received_at: number
  /** Orders events of the same millisecond. */
  hash: number
}

/**
 * Queries behind webhook events. Every method rejects with `STORE_UNAVAILABLE` when the store is unreachable
 * or busy.
 */
export interface ActivityStore {
  /** Events of these sites received from `from` to `until`, both included, in the order of receipt. */
  eventsReceived(question: {
    siteIds: readonly string[]
    from: number
    until: number
    after?: Pick<ReceivedRow, 'received_at' | 'hash'> | undefined
    limit: number
  }): Promise<ReceivedRow[]>
  /**
   * Lists ended sessions, ordered by `lastReceivedAt`, site and session; `end` is the cursor of the next
   * page, undefined on the last.
   */
  endedSessions(question: EndedQuestion): Promise<{ sessions: EndedSession[]; end: EndedCursor | undefined }>
  /** These sessions, from their events since `since`, ms since the epoch. */
  sessions(siteId: string, sessionIds: Iterable<string>, since: number): Promise<SessionRow[]>
  /** These visitors, from their visits in the period, with the value score that reports show. */
  visitors(
    siteId: string,
    visitorIds: Iterable<string>,
    period: { from: number; to: number },
  ): Promise<VisitorRow[]>
}
