import type { Change } from '../control/change-log.js'
import type { AttemptResult } from '../egress/attempt.js'
import type { Deletion } from '../ingest/event-store.js'
import type { NewWebhook, Webhook, WebhookEvent, WebhookReach } from './webhook.js'

/**
 * Kind of a log entry. `delivery` and `test` are attempts, `dropped` is a number of discarded deliveries, and
 * all other kinds are changes of the webhook.
 */
export type LogKind =
  'delivery' | 'test' | 'dropped' | 'created' | 'rotated' | 'removed' | 'enabled' | 'disabled' | 'replayed'

/**
 * An attempt for a webhook, or a change of a webhook. Entries are kept for 30 days, even if the webhook is
 * removed.
 */
export interface LogEntry {
  /** ID of the entry. Newer entries have higher IDs. */
  id: number
  kind: LogKind
  webhookId: string
  accountId: string
  /** Site of the event or of the webhook, or null for a webhook of all sites of the account. */
  siteId: string | null
  /** Time of the change, or start of the attempt. Unix time in milliseconds. */
  at: number
  actor: string | null
  /** ID of the event, `evt_…`, or null if the entry does not describe a single delivery. */
  eventId: string | null
  event: string | null
  /** Number of the attempt, starting at 1, or null if the entry is not an attempt. */
  attempt: number | null
  status: number | null
  error: string | null
  durationMs: number | null
  /** The first 4 KB of the response body, or null if the entry is not an attempt. */
  answer: string | null
  /** Outcome of the delivery, or details of the change. */
  note: string | null
  /** Number of deliveries in a `dropped` or `replayed` entry. Null in all other entries. */
  count: number | null
}

interface LogFilter extends WebhookReach {
  /** Whether the log of a site includes the entries of account-wide webhooks. @default false */
  isAccountWide?: boolean
  webhookId?: string
  /** Returns only entries with IDs lower than this one, for pagination. */
  before?: number
  /** Maximum number of entries to return. */
  limit: number
}

/**
 * Selects one delivery, or all deliveries that have failed or were cancelled since a Unix time in
 * milliseconds.
 */
export type ReplayChoice = { eventId: string } | { failedSince: number }

/**
 * Number of queued deliveries, IDs of their webhooks, and number of deliveries that were dropped because of
 * the backlog limit or the payload limit.
 */
export interface PutResult {
  queued: number
  dropped: number
  queuedFor: Set<string>
}

/** Stores webhooks, their deliveries, and a log of attempts and changes. */
export interface WebhookStore {
  /**
   * Adds a webhook. Resolves to undefined if its site (or its account, for a webhook of all sites) already
   * has `MAX_WEBHOOKS` webhooks.
   */
  addWebhook(webhook: NewWebhook, change: Change): Promise<Webhook | undefined>
  findWebhook(id: string): Promise<Webhook | undefined>
  /** Resolves to the sealed secret of any webhook, or to undefined if there are no webhooks. */
  findSealedSecret(): Promise<string | undefined>
  /** Lists webhooks, oldest first. The list for a single site does not include account-wide webhooks. */
  listWebhooks(reach: WebhookReach): Promise<Webhook[]>
  /** Lists the active webhooks of all accounts. */
  listActiveWebhooks(): Promise<Webhook[]>
  /**
   * Replaces the secret of a webhook. Attempts in flight still use the old secret, see
   * `DeliveryEngine.change`. Resolves to false if the webhook does not exist.
   */
  setSecret(id: string, secret: string, change: Change): Promise<boolean>
  /** Enables a webhook. Resolves to false if the webhook does not exist. */
  enableWebhook(id: string, change: Change): Promise<boolean>
  /**
   * Removes a webhook, whose deliveries are purged later. Resolves to false if the webhook does not exist.
   */
  removeWebhook(id: string, change: Change): Promise<boolean>
  /** Lists log entries, newest first. */
  listLog(filter: LogFilter): Promise<LogEntry[]>
  /**
   * Queues events for every active webhook that subscribes to them and was created before they occurred.
   * Skips webhooks that already have a delivery of the event. `now` is the time of the monotonic clock and
   * sets the due times. `wallNow` is the Unix time in milliseconds.
   */
  putDeliveries(events: WebhookEvent[], times: { now: number; wallNow: number }): Promise<PutResult>
  /** Logs the attempt of a test delivery. */
  logTest(
    webhook: Webhook,
    test: { eventId: string; event: string; result: AttemptResult } & Change,
  ): Promise<void>
  /**
   * Queues deliveries again, starting with their first attempt, and resolves to their number. Resolves to
   * undefined if the webhook does not exist.
   */
  replay(id: string, choice: ReplayChoice, change: Change & { dueAt: number }): Promise<number | undefined>
  /** Resolves to a map from site IDs to account IDs. */
  listSiteAccounts(): Promise<Map<string, string>>
}

/** A leased delivery whose attempt starts now. */
export interface ClaimedDelivery {
  seq: number
  webhookId: string
  accountId: string
  siteId: string
  eventId: string
  event: string
  body: string
  url: string
  /** The sealed secret, as stored when the delivery was leased for this attempt. */
  secret: string
  /** Number of this attempt, starting at 1. The store has already saved this number. */
  attempt: number
}

/**
 * State of a delivery after an attempt. `isReturned` means that the attempt does not count as one of the
 * allowed attempts.
 */
export type NextState =
  { state: 'done' | 'failed' | 'cancelled' } | { state: 'waiting'; dueAt: number; isReturned?: boolean }

/** A finished attempt and the new state of its delivery. */
export interface FinishedAttempt {
  delivery: ClaimedDelivery
  /** Start of the attempt. Unix time in milliseconds. */
  at: number
  result: Pick<AttemptResult, 'status' | 'answer' | 'durationMs'> & { error: string | undefined }
  next: NextState
  /** Reason to disable the webhook, or undefined to keep it enabled. */
  disable: string | undefined
}

/** Input of a single transaction that stores finished attempts and then leases due deliveries. */
export interface Turn {
  finished: FinishedAttempt[]
  claims: { webhookId: string; limit: number }[]
  /** Time of the monotonic clock in milliseconds, used for due times. */
  now: number
  /** Unix time in milliseconds, used for log entries. */
  wallNow: number
}

export interface TurnResult {
  claimed: ClaimedDelivery[]
  /**
   * Time at which the next delivery of each webhook in the turn is due, or undefined if no delivery is
   * waiting.
   */
  due: Map<string, number | undefined>
  /** IDs of the webhooks that were disabled by this turn. */
  disabled: string[]
  /**
   * Number of deliveries that reached a final state. Includes deliveries that failed because their last
   * attempt was interrupted by a crash.
   */
  ended: Record<'done' | 'failed' | 'cancelled', number>
}

/** Stores the delivery queues of all webhooks. */
export interface DeliveryStore {
  /**
   * Runs a turn without waiting for the disk. A crash of the process loses nothing. A crash of the machine
   * may lose the results of attempts, which are then repeated.
   */
  takeTurn(turn: Turn): Promise<TurnResult>
  /**
   * Resolves to the time at which the last lease of a webhook expires, in any process and by the monotonic
   * clock. Resolves to undefined if the webhook has no leases.
   */
  leasedUntil(webhookId: string): Promise<number | undefined>
  /**
   * Makes deliveries due now if their due time is further away than the longest retry delay or lease. This
   * corrects due times that were set before the system clock was set back.
   */
  boundPauses(now: number): Promise<void>
  /** Counts the deliveries of all webhooks that are waiting or in flight. */
  countBacklog(): Promise<number>
  /** Checks whether another process has changed the database since the last call. */
  hasChangedElsewhere(): Promise<boolean>
  /**
   * Erases the deliveries and logged responses of sites, also from the database files. If a visitor is given,
   * erases only those that contain the visitor ID.
   */
  erase(deletion: Pick<Deletion, 'siteIds' | 'visitorId'>): Promise<void>
  /** Purges a limited number of expired rows. `isDone` is true if no expired rows are left. */
  purge(now: { now: number; wallNow: number }): Promise<{ isDone: boolean; dropped: number }>
}

/**
 * Duration of a lease, in milliseconds, which is longer than any attempt. When a lease of a crashed process
 * expires, the delivery is retried.
 */
export const LEASE_MS = 15_000
/** Number of consecutive failed deliveries after which a webhook is disabled. */
export const MAX_FAILURES_IN_ROW = 20
