import type { Change } from '../control/change-log.js'
import type { AttemptResult } from '../egress/attempt.js'
import type { Deletion } from '../ingest/event-store.js'
import type { NewWebhook, Webhook, WebhookEvent, WebhookReach } from './webhook.js'

/**
 * Kind of a log entry. `delivery` and `test` are attempts, `dropped` reports discarded deliveries, and all
 * other kinds are changes to the webhook.
 */
export const LOG_KINDS = [
  'delivery',
  'test',
  'dropped',
  'created',
  'rotated',
  'removed',
  'enabled',
  'disabled',
  'replayed',
] as const
export type LogKind = (typeof LOG_KINDS)[number]

/**
 * A webhook log entry, such as a delivery attempt or a change. Entries are kept for 30 days, even if the
 * webhook is removed.
 */
export interface LogEntry {
  /** ID of the entry. Newer entries have higher IDs. */
  id: number
  kind: LogKind
  webhookId: string
  accountId: string
  /** ID of the site, or null if the entry concerns all sites of the account. */
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

/** The result of a replay. */
export interface ReplayResult {
  queued: number
  /**
   * Milliseconds until the account may replay more, if chosen deliveries remain that it may not replay now.
   * Undefined otherwise.
   */
  retryAfterMs: number | undefined
}

/**
 * Numbers of queued and dropped deliveries, and the IDs of webhooks with new deliveries. A delivery is
 * dropped if it exceeds the backlog limit or the payload limit.
 */
export interface PutResult {
  queued: number
  dropped: number
  queuedFor: Set<string>
}

/** Stores webhooks, their deliveries, and a log of attempts and changes. */
export interface WebhookStore {
  /**
   * Adds a webhook. Resolves to undefined if `MAX_WEBHOOKS` is reached for its site, or for its account if
   * the webhook is account-wide. Rejects with `VALIDATION_ERROR` if the account has `MAX_WEBHOOKS_OF_ACCOUNT`
   * webhooks in all.
   */
  addWebhook(webhook: NewWebhook, change: Change): Promise<Webhook | undefined>
  findWebhook(id: string): Promise<Webhook | undefined>
  /** Resolves to the encrypted secret of an arbitrary webhook, or to undefined if there are no webhooks. */
  findSealedSecret(): Promise<string | undefined>
  /** Lists webhooks, oldest first. The list for a single site does not include account-wide webhooks. */
  listWebhooks(reach: WebhookReach): Promise<Webhook[]>
  /** Lists the active webhooks of all accounts. */
  listActiveWebhooks(): Promise<Webhook[]>
  /**
   * Replaces the secret of a webhook. Attempts in flight still use the old secret. Resolves to false if the
   * webhook does not exist.
   */
  setSecret(id: string, secret: string, change: Change): Promise<boolean>
  /** Enables a webhook. Resolves to false if the webhook does not exist. */
  enableWebhook(id: string, change: Change): Promise<boolean>
  /** Removes a webhook. Its deliveries are purged later. Resolves to false if the webhook does not exist. */
  removeWebhook(id: string, change: Change): Promise<boolean>
  /** Lists log entries, newest first. */
  listLog(filter: LogFilter): Promise<LogEntry[]>
  /**
   * Queues each event for every active, subscribed webhook that was created before the event occurred. Queues
   * an event at most once per webhook. `now` is the time of the monotonic clock, which due times use.
   * `wallNow` is the Unix time in milliseconds. With `logsEarly`, the log counts the events that were not
   * queued for a subscribed webhook because it was created later.
   */
  putDeliveries(
    events: WebhookEvent[],
    options: { now: number; wallNow: number; logsEarly?: boolean },
  ): Promise<PutResult>
  /** Logs the attempt of a test delivery. */
  logTest(
    webhook: Webhook,
    test: { eventId: string; event: string; result: AttemptResult } & Change,
  ): Promise<void>
  /**
   * Queues deliveries again with the full number of attempts, until the account has replayed
   * `MAX_REPLAYED_PER_HOUR` within an hour. Resolves to undefined if the webhook does not exist.
   */
  replay(
    id: string,
    choice: ReplayChoice,
    change: Change & { dueAt: number },
  ): Promise<ReplayResult | undefined>
  /** Resolves to a map from site IDs to account IDs. */
  listSiteAccounts(): Promise<Map<string, string>>
}

/** A delivery that this process has leased for one attempt. */
export interface ClaimedDelivery {
  seq: number
  webhookId: string
  accountId: string
  siteId: string
  eventId: string
  event: string
  body: string
  url: string
  /** The encrypted webhook secret at the time of the lease. */
  secret: string
  /** Number of this attempt, starting at 1. The store saves it before the attempt starts. */
  attempt: number
}

/**
 * State of a delivery after an attempt. If `isReturned` is true, the attempt does not count towards the
 * maximum number of attempts.
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

/**
 * Input of a turn, which is a single transaction that stores finished attempts and then leases due
 * deliveries.
 */
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
  /** Due time of the next delivery for each webhook ID, or undefined if no delivery is waiting. */
  due: Map<string, number | undefined>
  /** IDs of the webhooks that were disabled by this turn. */
  disabled: string[]
  /**
   * Number of deliveries that ended, by final state. Deliveries whose last attempt was interrupted by a crash
   * are included in `failed`.
   */
  ended: Record<'done' | 'failed' | 'cancelled', number>
}

/** Stores the delivery queues of all webhooks. */
export interface DeliveryStore {
  /**
   * Stores finished attempts and leases due deliveries in one transaction, without waiting for the disk. If a
   * crash of the machine loses the result of an attempt, the attempt is repeated.
   */
  takeTurn(turn: Turn): Promise<TurnResult>
  /**
   * Resolves to the time on the monotonic clock at which the last lease for a webhook expires. Includes the
   * leases of all processes. Resolves to undefined if there are no leases.
   */
  leasedUntil(webhookId: string): Promise<number | undefined>
  /**
   * Makes deliveries due now if they are due later than the longest retry delay or lease allows. This happens
   * if the system clock was set back.
   */
  boundPauses(now: number): Promise<void>
  /** Resolves to the total number of unfinished deliveries. */
  countBacklog(): Promise<number>
  /** Checks whether another process has changed the database since the last call. */
  hasChangedElsewhere(): Promise<boolean>
  /**
   * Erases the deliveries and logged responses of sites, also from the database files. If a visitor ID is
   * given, erases only data that contains this ID.
   */
  erase(deletion: Pick<Deletion, 'siteIds' | 'visitorId'>): Promise<void>
  /** Purges a limited number of expired rows. `isDone` is true if no expired rows are left. */
  purge(now: { now: number; wallNow: number }): Promise<{ isDone: boolean; dropped: number }>
}

/**
 * Duration of a delivery lease, in milliseconds. A lease lasts longer than any attempt. If the process
 * crashes, the delivery is retried when its lease expires.
 */
export const LEASE_MS = 15_000
/** Number of consecutive failed deliveries after which a webhook is disabled. */
export const MAX_FAILURES_IN_ROW = 20
