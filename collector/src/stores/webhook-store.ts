import type { WebhookEvent, WebhookEventName } from '../webhooks/webhook-event.js'
import type { AttemptResult } from '../webhooks/attempt.js'
import type { Change } from './change-log.js'

export interface Webhook {
  /** `wh_…` */
  id: string
  accountId: string
  /** The one site it is for; null for all of its account. */
  siteId: string | null
  url: string
  events: WebhookEventName[]
  description: string
  /** Sealed: only the secret box reads it. */
  secret: string
  isActive: boolean
  /** Why it is not active; null while it is. */
  disabledReason: string | null
  /** Deliveries that failed since the last one that arrived. */
  failuresInRow: number
  /** Deliveries that wait or are on their way. */
  backlog: number
  /** ms since the epoch. */
  createdAt: number
  /** Its last attempt, ms since the epoch; null when there was none. */
  lastTriggeredAt: number | null
}

/** What is chosen of a new webhook. */
export type NewWebhook = Pick<Webhook, 'accountId' | 'siteId' | 'url' | 'events' | 'description' | 'secret'>

/** Which webhooks are meant: those of one site or, with null, all of an account. */
export interface WebhookReach {
  accountId: string
  siteId: string | null
}

/** `delivery`: an attempt; `test`: one that somebody asked for; `dropped`: deliveries that were not kept, many in one entry; the others are changes. */
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

/** An attempt, or a change of a webhook; kept for 30 days, also after the webhook is gone. */
export interface LogEntry {
  /** Ascending: later entries have greater ones. */
  id: number
  kind: LogKind
  webhookId: string
  accountId: string
  /** The site of the event, or of the webhook; null when it is for all of its account. */
  siteId: string | null
  /** When it was done or, of an attempt, when it began, ms since the epoch. */
  at: number
  actor: string | null
  /** `evt_…`; null unless it is about one delivery. */
  eventId: string | null
  event: string | null
  /** Counts from 1. */
  attempt: number | null
  status: number | null
  error: string | null
  durationMs: number | null
  /** At most 4 KB of it. */
  answer: string | null
  /** What became of the delivery, or why the change was made. */
  note: string | null
  /** Of `dropped` and `replayed`: deliveries. */
  count: number | null
}

export interface LogQuestion extends WebhookReach {
  /** With a site: also what was done to webhooks of the whole account. @default false */
  isAccountWide?: boolean
  webhookId?: string
  /** Only entries with smaller ids: the next page. */
  before?: number
  /** Most entries. */
  limit: number
}

/** What somebody wants sent again: one delivery, or all that failed since a time, in ms since the epoch. */
export type ReplayChoice = { eventId: string } | { failedSince: number }

/** What became of events: how many deliveries were queued, for which webhooks, and how many were dropped instead. */
export interface PutResult {
  queued: number
  dropped: number
  queuedFor: Set<string>
}

/** Where webhooks, their deliveries and their log live. */
export interface WebhookStore {
  /** Adds one; undefined when its site, or its account for those of all sites, has {@link MAX_WEBHOOKS} already. */
  addWebhook(webhook: NewWebhook, change: Change): Promise<Webhook | undefined>
  findWebhook(id: string): Promise<Webhook | undefined>
  /** The sealed secret of any one webhook; undefined when there is none. */
  findSealedSecret(): Promise<string | undefined>
  /** Oldest first. With a site: those of the site alone, without those of its whole account. */
  listWebhooks(reach: WebhookReach): Promise<Webhook[]>
  /** The webhooks of every account that are told of events. */
  listActiveWebhooks(): Promise<Webhook[]>
  /** False when there is no such webhook. Attempts under way still use the old secret: see the engine. */
  setSecret(id: string, secret: string, change: Change): Promise<boolean>
  /** False when there is no such webhook. */
  enableWebhook(id: string, change: Change): Promise<boolean>
  /** False when there is no such webhook. Its deliveries are deleted later. */
  removeWebhook(id: string, change: Change): Promise<boolean>
  /** Newest first. */
  listLog(question: LogQuestion): Promise<LogEntry[]>
  /**
   * Stores events for every active webhook that wants them and was made before they happened; what a webhook has already is left alone.
   * `now` is of the engine's clock, for what is due; `wallNow` are ms since the epoch.
   */
  putDeliveries(events: WebhookEvent[], times: { now: number; wallNow: number }): Promise<PutResult>
  /** Logs the attempt of a test delivery. */
  logTest(
    webhook: Webhook,
    test: { eventId: string; event: string; result: AttemptResult } & Change,
  ): Promise<void>
  /** Queues again what is chosen, from its first attempt; how many. Undefined when there is no such webhook. */
  replay(id: string, choice: ReplayChoice, change: Change & { dueAt: number }): Promise<number | undefined>
  /** The account of every site. */
  listSiteAccounts(): Promise<Map<string, string>>
}

/** Of one site, and of an account for all of its sites. */
export const MAX_WEBHOOKS = 10
/** Deliveries of one webhook that wait; more are dropped. */
export const MAX_BACKLOG = 50_000
export const MAX_PAYLOAD_BYTES = 1024 * 1024
