import type { EventRow, HeartbeatRow } from './event-row.js'

export interface EventKey {
  siteId: string
  eventId: string
}

/** What is known of a stored event, to tell repeats of it. */
export interface StoredEvent {
  /** That of {@link eventKey}. */
  key: string
  fingerprint: number
}

/** The session that a cookieless visitor had last. */
export interface CookielessSession {
  visitorId: string
  sessionId: string
  /** When its last event came, ms since the epoch. */
  seen: number
}

/** What to delete: everything of some sites, of one visitor of theirs, or what happened before a moment (ms since the epoch). */
export interface Deletion {
  siteIds: string[]
  visitorId?: string
  before?: number
}

export interface DeletionResult {
  /** Events found to delete. */
  rows: number
  /** False when it takes long: then it goes on by itself, also after a restart of the store. */
  isDone: boolean
}

/**
 * Where an event stands in the order in which a site's events came to be stored: whoever has seen one has seen all before it, whichever
 * collector stored them. Whole numbers.
 */
export interface FeedPosition {
  /** Grows with every insert, of all collectors together. */
  block: number
  /** ms since the epoch; orders the events of one insert. */
  receivedAt: number
  /** Orders those of one millisecond. */
  hash: number
}

/** A stored event as the stream tells it; absent texts are empty. */
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
  /** JSON of the flat object. */
  properties: string
  /** ms since the epoch. */
  occurredAt: number
}

/** Which events of a site the stream asks for. */
interface FeedQuestion {
  after: FeedPosition
  /** Those received before are left out, ms since the epoch. */
  since: number
  limit: number
}

export interface FeedPage {
  events: FeedEvent[]
  /** All up to here were looked at. */
  end: FeedPosition
  /** Others may follow. */
  isMore: boolean
}

/**
 * Where events live. Every method rejects when the store cannot be reached.
 *
 * Inserting the same rows with the same `batchId` again is harmless: a batch whose answer got lost is sent again whole.
 */
export interface EventStore {
  /** Resolves when the rows are on disk; rejects with a `NotStoredError` when the store answered that they are not. */
  insertEvents(rows: EventRow[], batchId: string, signal?: AbortSignal): Promise<void>
  insertHeartbeats(rows: HeartbeatRow[], batchId: string, signal?: AbortSignal): Promise<void>
  /** Which of these events are stored, received since `since`: by {@link eventKey}, the fingerprints of the rows with that id. */
  findStored(keys: EventKey[], since: number, signal?: AbortSignal): Promise<Map<string, number[]>>
  /** The newest events received since `since`, oldest first. */
  recentEvents(since: number, limit: number): Promise<StoredEvent[]>
  /** When the newest event of those received since `since` was received, ms since the epoch; 0 without one. */
  newestReceipt(since: number): Promise<number>
  /**
   * Deletes events received since `since` that are stored more than once, but for the copy received first; resolves to
   * how many were found. Safe when several do it at once: a copy goes only while an earlier one is there.
   */
  deleteDuplicates(since: number): Promise<number>
  /** The sessions of cookieless visitors with an event received since `since`, the newest `limit`, oldest first. */
  recentSessions(since: number, limit: number): Promise<CookielessSession[]>
  /** The events of a site in their order; of one that several collectors stored, the first copy. */
  eventsSince(siteId: string, question: FeedQuestion): Promise<FeedPage>
  /** Where the last event of those received since `since` stands; undefined without one. */
  lastPosition(siteId: string, since: number): Promise<FeedPosition | undefined>
  /** Distinct visitors with an event or heartbeat received since `since`. */
  countVisitorsSince(siteId: string, since: number, signal?: AbortSignal): Promise<number>
  /**
   * Deletes events and heartbeats for good: once it is done no query finds them and no file of the store holds them.
   * One deletion runs at a time. May be repeated.
   */
  delete(deletion: Deletion): Promise<DeletionResult>
  /** Answers within two seconds, also when the store hangs. */
  isReachable(): Promise<boolean>
  close(): Promise<void>
}

/** One string for a site's event id, as a key of maps and sets. */
export function eventKey(siteId: string, eventId: string): string {
  return `${siteId} ${eventId}`
}
