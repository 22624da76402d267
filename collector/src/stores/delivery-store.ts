import type { AttemptResult } from '../webhooks/attempt.js'
import type { Deletion } from './event-store.js'

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
  forget(deletion: Pick<Deletion, 'siteIds' | 'visitorId'>): Promise<void>
  /** Deletes and expires what is due, some rows at a time; whether there is more. */
  tidy(now: { now: number; wallNow: number }): Promise<{ isDone: boolean; dropped: number }>
}

/** Longer than any attempt: a delivery whose process died is tried again after this. */
export const LEASE_MS = 15_000
/** Deliveries that failed one after the other, until the webhook is disabled. */
export const MAX_FAILURES_IN_ROW = 20
