import type { Change } from '../control/change-log.js'
import type { AttemptResult } from '../egress/attempt.js'
import type { Deletion } from '../ingest/event-store.js'
import type { NewWebhook, Webhook, WebhookEvent, WebhookReach } from './webhook.js'

/** `delivery`: an attempt; `test`: one that somebody asked for; `dropped`: deliveries that were not kept, many in one entry; the others are changes. */
const LOG_KINDS = [
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

interface LogQuestion extends WebhookReach {
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

/** A delivery whose attempt is to start now: it is in flight until its lease ends. */
export interface ClaimedDelivery {
  seq: number
  webhookId: string
  accountId: string
  siteId: string
  eventId: string
  event: string
  body: string
  url: string
  /** Sealed, as it is at this moment. */
  secret: string
  /** Of this attempt, from 1; stored already. */
  attempt: number
}

/** What becomes of a delivery after an attempt; `returned`: the attempt does not count. */
export type NextState =
  { state: 'done' | 'failed' | 'cancelled' } | { state: 'waiting'; dueAt: number; isReturned?: boolean }

/** An attempt that has ended. */
export interface FinishedAttempt {
  delivery: ClaimedDelivery
  /** When it began, by the wall clock. */
  at: number
  result: Pick<AttemptResult, 'status' | 'answer' | 'durationMs'> & { error: string | undefined }
  next: NextState
  /** Why the webhook must not be told of anything any more. */
  disable: string | undefined
}

/** A step of the engine: what ended is written, and what may start is claimed, in one transaction. */
export interface Turn {
  finished: FinishedAttempt[]
  claims: { webhookId: string; limit: number }[]
  /** ms of the engine's clock: for what is due. */
  now: number
  /** ms since the epoch: for the log. */
  wallNow: number
}

export interface TurnResult {
  claimed: ClaimedDelivery[]
  /** Of every webhook of the turn: when its next delivery is due; undefined when nothing waits. */
  due: Map<string, number | undefined>
  /** Webhooks that were disabled. */
  disabled: string[]
  /** Deliveries that came to an end: of those of `finished` and of claims whose last attempt was interrupted. */
  ended: Record<'done' | 'failed' | 'cancelled', number>
}

/** What the engine asks of the queue. */
export interface DeliveryStore {
  /**
   * Does not wait for the disk: a crash of the process loses nothing of it, and one of the machine only
   * that an attempt was made, so that it is made again.
   */
  takeTurn(turn: Turn): Promise<TurnResult>
  /** Until when attempts of a webhook may be under way, in this process or others, by the engine's clock; undefined when none are. */
  leasedUntil(webhookId: string): Promise<number | undefined>
  /** Nothing waits longer than it can after an attempt: for a start with a clock that was set back. */
  boundPauses(now: number): Promise<void>
  /** Deliveries of all webhooks that are not over. */
  countBacklog(): Promise<number>
  /** Whether another process changed anything since the last call. */
  hasChangedElsewhere(): Promise<boolean>
  /** Deletes deliveries of sites or, with a visitor, those that hold its id, and answers that repeat it; from the files, too. */
  erase(deletion: Pick<Deletion, 'siteIds' | 'visitorId'>): Promise<void>
  /** Deletes and expires what is due, some rows at a time; whether there is more. */
  purge(now: { now: number; wallNow: number }): Promise<{ isDone: boolean; dropped: number }>
}

/** Longer than any attempt: a delivery whose process died is tried again after this. */
export const LEASE_MS = 15_000
/** Deliveries that failed one after the other, until the webhook is disabled. */
export const MAX_FAILURES_IN_ROW = 20
