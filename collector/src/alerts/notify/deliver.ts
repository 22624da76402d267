import type { FastifyBaseLogger } from 'fastify'
import { createDeliveryLoop, type DeliveryLoop, type DeliveryQueue } from '../../egress/delivery-loop.js'
import { MAX_ATTEMPTS, pauseAfter } from '../../egress/retry-schedule.js'
import type { AlertStore, Notification, NotificationOutcome } from '../alert-store.js'
import type { AlertCounts } from '../metrics.js'
import { MAILBOX_WINDOW_MS } from '../recipients/limits.js'
import type { Recipients } from '../recipients/recipients.js'
import type { SendResult } from './send-mail.js'
import type { SendNotification } from './send.js'
import { DAY_MS, HOUR_MS } from '../../durations.js'

export interface NotificationDelivery {
  /** Starts the delivery of notifications that were just stored. */
  wake(): void
  /** Background job that purges notifications 30 days after they ended, and mails that no limit counts. */
  purge: { name: string; everyMs: number; run(): Promise<void> }
  /** Aborts all attempts in progress. They are repeated after the next start. */
  stop(): Promise<void>
}

export interface NotificationDeliveryServices {
  store: Pick<
    AlertStore,
    | 'boundNotifications'
    | 'claimNotifications'
    | 'finishNotification'
    | 'nextNotificationAt'
    | 'purgeNotifications'
  >
  recipients: Pick<Recipients, 'purge'>
  send: SendNotification
  counts: Pick<AlertCounts, 'attempted'>
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  /**
   * Returns the time in milliseconds of a monotonic clock that starts at the current Unix time. Changes of
   * the system clock do not affect it.
   */
  engineNow: () => number
  /** Returns the Unix time in milliseconds. */
  now: () => number
}

interface FinishedNotification {
  id: number
  outcome: NotificationOutcome
}

// A lease is longer than any attempt, so an expired lease means that the process of the attempt has ended.
const LEASE_MS = 60_000
export const MAX_CONCURRENT = 16
// An attempt may take five seconds, so one account gets only a quarter of all places, like for webhooks. Three
// quarters remain for the others, however many notifications it has and however slow its destinations are.
export const MAX_CONCURRENT_OF_ACCOUNT = 4
// Interval at which this process checks for notifications that other processes stored.
const POLL_MS = 30_000
// Delay before another attempt to write to the webhook outbox, for example while the disk is full.
const OUTBOX_RETRY_MS = 5_000
const KEEP_MS = 30 * DAY_MS

/**
 * Creates the service that delivers alert notifications. A notification may be delivered twice after a crash.
 */
export function createNotificationDelivery({
  store,
  recipients,
  send,
  counts,
  log,
  engineNow,
  now,
}: NotificationDeliveryServices): NotificationDelivery {
  let dueAt = -Infinity
  let isWoken = false
  let isBounded = false
  const inFlight = createAccountCounts()

  const queue: DeliveryQueue<{ limit: number }, Notification, FinishedNotification> = {
    choose: () =>
      inFlight.total() < MAX_CONCURRENT && dueAt <= engineNow()
        ? { limit: MAX_CONCURRENT - inFlight.total() }
        : undefined,
    nextAt: () => (inFlight.total() < MAX_CONCURRENT ? dueAt : Infinity),
    async takeTurn({ finished, claims }) {
      isWoken = false
      // The system clock may have been set back since the last run. Stored lease and retry times would then
      // be far in the future.
      if (!isBounded) await store.boundNotifications({ now: engineNow(), longestMs: LEASE_MS })
      isBounded = true
      for (const { id, outcome } of finished) await store.finishNotification(id, outcome)
      const startedAt = engineNow()
      const claimed = claims
        ? await store.claimNotifications({
            now: startedAt,
            leaseUntil: startedAt + LEASE_MS,
            limitOfAccount: MAX_CONCURRENT_OF_ACCOUNT,
            inFlight: inFlight.byAccount,
            ...claims,
          })
        : []
      // If places remain, the other due notifications are of accounts at their limit. They become due again
      // with the turn that stores the end of an attempt.
      const hasPlaces = claims && claimed.length < claims.limit
      const next = (await store.nextNotificationAt(hasPlaces ? startedAt : undefined)) ?? Infinity
      dueAt = isWoken ? -Infinity : Math.min(next, startedAt + POLL_MS)
      return claimed
    },
    async attempt(notification, { abort: { signal } }) {
      inFlight.add(notification.accountId, 1)
      const sent = await attempt(notification, signal)
      inFlight.add(notification.accountId, -1)
      if (signal.aborted && sent.result !== 'done')
        return { id: notification.id, outcome: { retryAt: engineNow(), error: 'stopped' } }
      const outcome = decide(notification, sent)
      report(notification, outcome, sent)
      return { id: notification.id, outcome }
    },
  }

  function attempt(notification: Notification, signal: AbortSignal): Promise<SendResult> {
    const { attempts, destination } = notification
    // The process ended during the last allowed attempt, before it stored the result.
    if (attempts > MAX_ATTEMPTS && destination.type !== 'webhook')
      return Promise.resolve({ result: 'failed', error: 'interrupted' })
    return send(notification, signal)
  }

  /**
   * Decides whether a notification is sent again. A webhook destination is always retried after a failure,
   * because the attempt only writes to the outbox.
   */
  function decide({ attempts, destination }: Notification, sent: SendResult): NotificationOutcome {
    if (sent.result === 'done') return { isDone: true, at: now(), error: null }
    const pauseMs = destination.type === 'webhook' ? OUTBOX_RETRY_MS : pauseAfter(attempts, Math.random)
    if (sent.result !== 'retry' || pauseMs === undefined)
      return { isDone: false, at: now(), error: sent.error }
    return { retryAt: engineNow() + pauseMs, error: sent.error }
  }

  function report(
    { alertId, destination: { type } }: Notification,
    outcome: NotificationOutcome,
    sent: SendResult,
  ): void {
    const ended = sent.result === 'not-sent' ? 'not_sent' : 'failed'
    const result = 'retryAt' in outcome ? 'retried' : outcome.isDone ? 'sent' : ended
    counts.attempted(type, result)
    if (result === 'failed')
      log.warn({ alert: alertId, destination: type, error: outcome.error }, 'alert notification failed')
  }

  const loop: DeliveryLoop = createDeliveryLoop({ queue, name: 'notifications', log, clock: engineNow })

  return {
    wake() {
      dueAt = -Infinity
      isWoken = true
      loop.wake()
    },
    purge: {
      name: 'notification-purge',
      everyMs: HOUR_MS,
      async run() {
        await store.purgeNotifications(now() - KEEP_MS)
        await recipients.purge(now() - MAILBOX_WINDOW_MS)
      },
    },
    stop: () => loop.stop(0),
  }
}

interface AccountCounts {
  /** Counts by account ID, without zeros. */
  byAccount: ReadonlyMap<string, number>
  total(): number
  add(accountId: string, change: 1 | -1): void
}

function createAccountCounts(): AccountCounts {
  const byAccount = new Map<string, number>()
  let total = 0
  return {
    byAccount,
    total: () => total,
    add(accountId, change) {
      total += change
      const count = (byAccount.get(accountId) ?? 0) + change
      if (count === 0) byAccount.delete(accountId)
      else byAccount.set(accountId, count)
    },
  }
}
