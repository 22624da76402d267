import type { EventRow, HeartbeatRow } from './event-row.js'

export interface EventKey {
  siteId: string
  eventId: string
}

/** Identity of a stored event, to detect duplicates. */
export interface StoredEvent {
  /** The key from {@link eventKey}. */
  key: string
  fingerprint: number
}

/** Latest session of a cookieless visitor. */
export interface CookielessSession {
  visitorId: string
  sessionId: string
  /** Time of its latest event, ms since the epoch. */
  seen: number
}

/**
 * Selects all events of some sites, only those of a visitor, or only those before a time (ms since the
 * epoch).
 */
export interface Deletion {
  siteIds: string[]
  visitorId?: string
  before?: number
}

export interface DeletionResult {
  /** Number of matching events. */
  rows: number
  /** It is false when it takes long: the store then finishes it in the background, even across a restart. */
  isDone: boolean
}

/**
 * Position of an event in the storage order of its site, over all collectors. A reader that has seen one
 * position has seen all before it. Its fields are integers.
 */
export interface FeedPosition {
  /** Increases with every insert of any collector. */
  block: number
  /** ms since the epoch; orders events within an insert. */
  receivedAt: number
  /** Orders events within a millisecond. */
  hash: number
}

/** A stored event of the stream; absent texts are empty. */
export interface FeedEvent extends FeedPosition {
  eventId: string
  eventType: string
  eventName: string
  visitorId: string
  origin: string
  path: string
  title: string
  referrer: string
  source: string
  channel: string
  country: string
  deviceType: string
  browser: string
  os: string
  /** A flat object as JSON. */
  properties: string
  /** ms since the epoch. */
  occurredAt: number
}

/** Selects events for the stream. */
interface FeedQuery {
  after: FeedPosition
  /** Earliest time of receipt, ms since the epoch. */
  since: number
  limit: number
}

export interface FeedPage {
  events: FeedEvent[]
  /** Position up to which the page is complete. */
  end: FeedPosition
  /** Whether more events may follow. */
  isMore: boolean
}

/**
 * Store of events and heartbeats. Every method rejects when the store cannot be reached.
 *
 * Inserts are idempotent by `batchId`: a batch whose answer was lost is sent again whole.
 */
export interface EventStore {
  /**
   * Resolves when the rows are on disk; rejects with a `NotStoredError` when the store confirms that they are
   * not.
   */
  insertEvents(rows: EventRow[], batchId: string, signal?: AbortSignal): Promise<void>
  insertHeartbeats(rows: HeartbeatRow[], batchId: string, signal?: AbortSignal): Promise<void>
  /** Finds events received since `since`: the fingerprints of the rows with each id, by {@link eventKey}. */
  findStored(keys: EventKey[], since: number, signal?: AbortSignal): Promise<Map<string, number[]>>
  /** The newest events received since `since`, oldest first. */
  recentEvents(since: number, limit: number): Promise<StoredEvent[]>
  /** Time of receipt of the newest event since `since`, ms since the epoch; 0 without one. */
  newestReceipt(since: number): Promise<number>
  /**
   * Deletes duplicates of events received since `since`, except the row received first; resolves to their
   * number. It is safe to run concurrently: a row is deleted only while an earlier one exists.
   */
  deleteDuplicates(since: number): Promise<number>
  /**
   * Sessions of cookieless visitors with an event received since `since`: the newest `limit`, oldest first.
   */
  recentSessions(since: number, limit: number): Promise<CookielessSession[]>
  /** Events of a site in storage order; of duplicates, the first. */
  eventsSince(siteId: string, query: FeedQuery): Promise<FeedPage>
  /** Position of the last event received since `since`; undefined without one. */
  lastPosition(siteId: string, since: number): Promise<FeedPosition | undefined>
  /** Distinct visitors with an event or heartbeat received since `since`. */
  countVisitorsSince(siteId: string, since: number, signal?: AbortSignal): Promise<number>
  /**
   * Deletes events and heartbeats for good: afterwards no query finds them and no file of the store holds
   * them. Runs one deletion at a time. It is idempotent.
   */
  delete(deletion: Deletion): Promise<DeletionResult>
  /** Resolves within two seconds, even when the store hangs. */
  isReachable(): Promise<boolean>
  close(): Promise<void>
}

/** Key of an event in maps and sets. */
export function eventKey(siteId: string, eventId: string): string {
  return `${siteId} ${eventId}`
}
