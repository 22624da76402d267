import type { EventRow, HeartbeatRow } from './event-row.js'

export interface EventKey {
  siteId: string
  eventId: string
}

/** Identity of a stored event, which is used to detect duplicates. */
export interface StoredEvent {
  /** Key of the event, as returned by {@link eventKey}. */
  key: string
  fingerprint: number
}

/** What distinguishes events that are stored under the same key. */
export interface StoredVersion {
  fingerprint: number
  visitorId: string
  sessionId: string
}

/** The latest session of a cookieless visitor. */
export interface CookielessSession {
  visitorId: string
  sessionId: string
  /** Time of the latest event in the session. Unix time in milliseconds. */
  seen: number
}

/**
 * Selects the events and heartbeats of the sites in `siteIds`. `visitorId` limits the deletion to one
 * visitor, and `before` (Unix time in milliseconds) limits it to earlier events and heartbeats.
 */
export interface Deletion {
  siteIds: string[]
  visitorId?: string
  before?: number
}

export interface DeletionResult {
  /** Number of events that matched the deletion. */
  rows: number
  /**
   * Whether the deletion is complete. If it takes too long, the value is false and the store finishes the
   * deletion in the background, even across a restart.
   */
  isDone: boolean
}

/**
 * Position of an event in the order in which the events of a site were stored. New events never precede a
 * position that was already read. All fields are integers.
 */
export interface FeedPosition {
  /** Number of the insert that stored the event. It increases with every insert of any collector. */
  block: number
  /** Unix time in milliseconds. Orders the events of one insert. */
  receivedAt: number
  /**
   * Index of the event in its request, and a hash of the event. Orders the events of one insert that were received in
   * the same millisecond.
   */
  hash: number
}

/** A stored event as the stream reads it. Absent texts are empty strings. */
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
  /** A flat object as JSON text. */
  properties: string
  /** Unix time in milliseconds. */
  occurredAt: number
}

/** Selects the events that the stream reads next. */
interface FeedQuery {
  after: FeedPosition
  /** Earliest time of receipt. Unix time in milliseconds. */
  since: number
  limit: number
}

export interface FeedPage {
  events: FeedEvent[]
  /** Position up to which the page contains all events. */
  end: FeedPosition
  /** Whether more events may follow after this page. */
  isMore: boolean
}

/**
 * Store for events and heartbeats. Methods that access data reject if the store is unreachable.
 *
 * An insert can be repeated with the same `batchId` without storing the rows twice.
 */
export interface EventStore {
  /**
   * Resolves when the rows are on disk. Rejects with a `NotStoredError` if the store confirms that the rows
   * were not stored.
   */
  insertEvents(rows: EventRow[], batchId: string, signal?: AbortSignal): Promise<void>
  insertHeartbeats(rows: HeartbeatRow[], batchId: string, signal?: AbortSignal): Promise<void>
  /**
   * Looks up events that were received since `since`. Resolves to a map from {@link eventKey} to all stored
   * versions of the event with that key.
   */
  findStored(keys: EventKey[], since: number, signal?: AbortSignal): Promise<Map<string, StoredVersion[]>>
  /** Returns the newest `limit` events received since `since`, from oldest to newest. */
  recentEvents(since: number, limit: number): Promise<StoredEvent[]>
  /**
   * Returns the time of receipt of the newest event received since `since`, as Unix time in milliseconds, or
   * 0 if there is none.
   */
  newestReceipt(since: number): Promise<number>
  /**
   * Deletes duplicates of events received since `since`, up to a maximum number per call. The row that was
   * received first is kept. Resolves to the number of deleted rows. Concurrent calls are safe.
   */
  deleteDuplicates(since: number): Promise<number>
  /**
   * Returns the latest session of each cookieless visitor with an event received since `since`. The result
   * contains the newest `limit` sessions, from oldest to newest.
   */
  recentSessions(since: number, limit: number): Promise<CookielessSession[]>
  /**
   * Returns events of a site in the order in which they were stored. Of duplicates, only the first event is
   * returned.
   */
  eventsSince(siteId: string, query: FeedQuery): Promise<FeedPage>
  /** Returns the position of the last event received since `since`, or undefined if there is none. */
  lastPosition(siteId: string, since: number): Promise<FeedPosition | undefined>
  /**
   * Returns for each site the number of the last insert that wrote an event of it, if one was received since `since`.
   * A feed whose position has this number has no more events.
   */
  lastBlocks(siteIds: string[], since: number): Promise<Map<string, number>>
  /** Counts for each site the distinct visitors with an event or a heartbeat since `since`. */
  countVisitorsSince(siteIds: string[], since: number, signal?: AbortSignal): Promise<Map<string, number>>
  /**
   * Permanently deletes events and heartbeats. After a complete deletion, no query finds them and no file of
   * the store contains them. The store runs one deletion at a time. Deletions are idempotent.
   */
  delete(deletion: Deletion): Promise<DeletionResult>
  /** Checks whether the store responds. Resolves within two seconds, even if the store hangs. */
  isReachable(): Promise<boolean>
  close(): Promise<void>
}

/** Returns the key that identifies an event in maps and sets. */
export function eventKey(siteId: string, eventId: string): string {
  return `${siteId} ${eventId}`
}
