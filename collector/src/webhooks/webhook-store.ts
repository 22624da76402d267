import type { Change } from '../control/change-log.js'
import type { AttemptResult } from '../egress/attempt.js'
import type { Deletion } from '../ingest/event-store.js'
import type { NewWebhook, Webhook, WebhookEvent, WebhookReach } from './webhook.js'

/**
 * `delivery` and `test` are attempts; `dropped` counts discarded deliveries in one entry; the others are
 * changes of the webhook.
 */
export type LogKind =
  'delivery' | 'test' | 'dropped' | 'created' | 'rotated' | 'removed' | 'enabled' | 'disabled' | 'replayed'

/** An attempt or a change of a webhook; kept for 30 days, also after its removal. */
export interface LogEntry {
  /** The ID of the entry; IDs are ascending in time. */
  id: number
  kind: LogKind
  webhookId: string
  accountId: string
  /** Site of the event or of the webhook; null for all sites of the account. */
  siteId: string | null
  /** The time of the entry, ms since the epoch; of an attempt, its start. */
  at: number
  actor: string | null
  /** The ID of the event, `evt_…`; null for entries not about one delivery. */
  eventId: string | null
  event: string | null
  /** The number of the attempt, from 1. */
  attempt: number | null
  status: number | null
  error: string | null
  durationMs: number | null
  /** The start of the answer, at most 4 KB. */
  answer: string | null
  /** Outcome of the delivery, or reason of the change. */
  note: string | null
  /** Number of deliveries, for `dropped` and `replayed`. */
  count: number | null
}

interface LogFilter extends WebhookReach {
  /** Whether to include changes of account-wide webhooks when a site is given. @default false */
  isAccountWide?: boolean
  webhookId?: string
  /** Selects only entries with smaller ids, for the next page. */
  before?: number
  /** Maximum number of entries. */
  limit: number
}

/** A choice of one delivery, or of all that failed since a time, in ms since the epoch. */
export type ReplayChoice = { eventId: string } | { failedSince: number }

/** The number of deliveries queued, their webhooks, and the number dropped at the backlog limit. */
export interface PutResult {
  queued: number
  dropped: number
  queuedFor: Set<string>
}

/** Stores webhooks, their deliveries and their log. */
export interface WebhookStore {
  /**
   * Resolves to undefined when the site (or the account, for webhooks of all sites) has `MAX_WEBHOOKS`
   * already.
   */
  addWebhook(webhook: NewWebhook, change: Change): Promise<Webhook | undefined>
  findWebhook(id: string): Promise<Webhook | undefined>
  /** The sealed secret of any webhook; undefined without webhooks. */
  findSealedSecret(): Promise<string | undefined>
  /** Lists the oldest first. With a site, it excludes account-wide webhooks. */
  listWebhooks(reach: WebhookReach): Promise<Webhook[]>
  /** Active webhooks of every account. */
  listActiveWebhooks(): Promise<Webhook[]>
  /**
   * Resolves to false when there is no such webhook. Attempts under way still use the old secret; see
   * `DeliveryEngine.change`.
   */
  setSecret(id: string, secret: string, change: Change): Promise<boolean>
  /** Resolves to false when there is no such webhook. */
  enableWebhook(id: string, change: Change): Promise<boolean>
  /** Resolves to false when there is no such webhook. Its deliveries are purged later. */
  removeWebhook(id: string, change: Change): Promise<boolean>
  /** Lists the newest first. */
  listLog(filter: LogFilter): Promise<LogEntry[]>
  /**
   * Queues events for every active webhook that subscribes to them and was created before they occurred,
   * unless it has them already. `now` is the steady clock of due times; `wallNow` is ms since the epoch.
   */
  putDeliveries(events: WebhookEvent[], times: { now: number; wallNow: number }): Promise<PutResult>
  /** Logs the attempt of a test delivery. */
  logTest(
    webhook: Webhook,
    test: { eventId: string; event: string; result: AttemptResult } & Change,
  ): Promise<void>
  /**
   * Queues deliveries again from their first attempt and resolves to their number. Resolves to undefined when
   * there is no such webhook.
   */
  replay(id: string, choice: ReplayChoice, change: Change & { dueAt: number }): Promise<number | undefined>
  /** Account ids by site id. */
  listSiteAccounts(): Promise<Map<string, string>>
}

/** A leased delivery, whose attempt starts now. */
export interface ClaimedDelivery {
  seq: number
  webhookId: string
  accountId: string
  siteId: string
  eventId: string
  event: string
  body: string
  url: string
  /** The sealed secret, as read for this attempt. */
  secret: string
  /** Number of this attempt, from 1; already stored. */
  attempt: number
}

/** The state of a delivery after an attempt; `isReturned` means that the attempt does not count. */
export type NextState =
  { state: 'done' | 'failed' | 'cancelled' } | { state: 'waiting'; dueAt: number; isReturned?: boolean }

/** A finished attempt. */
export interface FinishedAttempt {
  delivery: ClaimedDelivery
  /** Its start, ms since the epoch. */
  at: number
  result: Pick<AttemptResult, 'status' | 'answer' | 'durationMs'> & { error: string | undefined }
  next: NextState
  /** Reason to disable the webhook. */
  disable: string | undefined
}

/** A transaction that stores finished attempts and leases deliveries. */
export interface Turn {
  finished: FinishedAttempt[]
  claims: { webhookId: string; limit: number }[]
  /** The time of the steady clock in ms, for due times. */
  now: number
  /** The time in ms since the epoch, for the log. */
  wallNow: number
}

export interface TurnResult {
  claimed: ClaimedDelivery[]
  /** The time when the next delivery of each webhook of the turn is due; undefined when none waits. */
  due: Map<string, number | undefined>
  /** Webhooks disabled by this turn. */
  disabled: string[]
  /**
   * The number of deliveries that became final: among `finished`, and claims whose last attempt was
   * interrupted.
   */
  ended: Record<'done' | 'failed' | 'cancelled', number>
}

/** The delivery queue. */
export interface DeliveryStore {
  /**
   * Runs a turn. It does not wait for the disk: a crash of the process loses nothing, a crash of the machine
   * only results of attempts, which are then repeated.
   */
  takeTurn(turn: Turn): Promise<TurnResult>
  /**
   * The time when the last lease of a webhook ends, in any process, by the steady clock; undefined without
   * leases.
   */
  leasedUntil(webhookId: string): Promise<number | undefined>
  /** Shortens waits beyond the longest retry pause, for a start after the clock was set back. */
  boundPauses(now: number): Promise<void>
  /** Deliveries of all webhooks that are waiting or in flight. */
  countBacklog(): Promise<number>
  /** Whether another process changed the database since the last call. */
  hasChangedElsewhere(): Promise<boolean>
  /**
   * Erases deliveries of sites or, with a visitor, deliveries that contain its id and answers that repeat it,
   * also from the files.
   */
  erase(deletion: Pick<Deletion, 'siteIds' | 'visitorId'>): Promise<void>
  /** Purges some expired rows; `isDone` is true when none are left. */
  purge(now: { now: number; wallNow: number }): Promise<{ isDone: boolean; dropped: number }>
}

/** This is longer than any attempt. After it, deliveries of a dead process are retried. */
export const LEASE_MS = 15_000
/** Consecutive failed deliveries that disable a webhook. */
export const MAX_FAILURES_IN_ROW = 20
