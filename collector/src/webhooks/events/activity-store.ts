import type { PublishedRow } from '../../ingest/event-row.js'
import type { VisitorRow } from '../../reports/report-store.js'

/** A session by its events. Times are ms since the epoch; paths are empty without a pageview. */
export interface SessionRow {
  siteId: string
  sessionId: string
  startedAt: number
  endedAt: number
  pages: number
  entryPath: string
  exitPath: string
}

/** A session of which no event came for long enough. */
export interface EndedSession extends SessionRow {
  /** When the collector took its last event. */
  lastReceivedAt: number
}

/** Where a page of ended sessions ended. */
export type EndedCursor = Pick<EndedSession, 'lastReceivedAt' | 'siteId' | 'sessionId'>

/** Which sessions have ended: those whose last event was received after `from` and not after `until`, and then none for half an hour. */
export interface EndedQuestion {
  siteIds: readonly string[]
  from: number
  until: number
  after?: EndedCursor | undefined
  limit: number
}

/** A stored event with its place among those of a time. */
export interface ReceivedRow extends PublishedRow {
  received_at: number
  /** Orders those of one millisecond. */
  hash: number
}

/** What is asked of the events again and again, to tell what has become of them. Every method rejects with `STORE_UNAVAILABLE` when the store is away or busy. */
export interface ActivityStore {
  /** The events of sites received from `from` to `until`, both included, in the order of their receipt. */
  eventsReceived(question: {
    siteIds: readonly string[]
    from: number
    until: number
    after?: Pick<ReceivedRow, 'received_at' | 'hash'> | undefined
    limit: number
  }): Promise<ReceivedRow[]>
  /** In the order of `lastReceivedAt`, then by site and session; `end` is where others may follow, undefined when none does. */
  endedSessions(question: EndedQuestion): Promise<{ sessions: EndedSession[]; end: EndedCursor | undefined }>
  /** Of these sessions what happened since `since`, ms since the epoch. */
  sessions(siteId: string, sessionIds: Iterable<string>, since: number): Promise<SessionRow[]>
  /** These visitors by their visits of the period, scored as reports do. */
  visitors(
    siteId: string,
    visitorIds: Iterable<string>,
    period: { from: number; to: number },
  ): Promise<VisitorRow[]>
}
