import type { FastifyBaseLogger } from 'fastify'
import { createDeliveryLoop, type DeliveryLoop, type DeliveryQueue } from '../../egress/delivery-loop.js'
import { MAX_ATTEMPTS, pauseAfter } from '../../egress/retry-schedule.js'
import type { AlertStore, Notification, NotificationOutcome } from '../alert-store.js'
import type { AlertCounts } from '../metrics.js'
import type { SendNotification, SendResult } from './send.js'
import { DAY_MS, HOUR_MS } from '../../durations.js'

export interface NotificationDelivery {
  /** Signals that notifications were stored. */
  wake(): void
  /** Background job: purges notifications that ended 30 days ago. */
  purge: { name: string; everyMs: number; run(): Promise<void> }
  /** Aborts attempts under way, which are repeated after the next start. */
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
  send: SendNotification
  counts: Pick<AlertCounts, 'attempted'>
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  /** ms since the epoch, advancing steadily: setting the wall clock moves no attempt and ends no lease. */
  engineNow: () => number
  /** ms since the epoch. */
  now: () => number
}

interface FinishedNotification {
  id: number
  outcome: NotificationOutcome
}

// This is longer than any attempt: a notification leased for longer belongs to a dead process.
const LEASE_MS = 60_000
const MAX_CONCURRENT = 8
// Other processes store notifications without waking this one.
const POLL_MS = 30_000
// Pause before writing to the outbox again, for example while the disk is full.
const OUTBOX_RETRY_MS = 5_000
const KEEP_MS = 30 * DAY_MS

/**
 * Delivers alert notifications: the queue adapter of the delivery loop. Each is delivered at least once;
 * after a crash perhaps twice.
 */
export function createNotificationDelivery({
  store,
  send,
  counts,
  log,
  engineNow,
  now,
}: NotificationDeliveryServices): NotificationDelivery {
  let dueAt = -Infinity
  let isWoken = false
  let isBounded = false
  let inFlight = 0

  const queue: DeliveryQueue<{ limit: number }, Notification, FinishedNotification> = {
    choose: () =>
      inFlight < MAX_CONCURRENT && dueAt <= engineNow() ? { limit: MAX_CONCURRENT - inFlight } : undefined,
    nextAt: () => (inFlight < MAX_CONCURRENT ? dueAt : Infinity),
    async takeTurn({ finished, claims }) {
      isWoken = false
      // A lease or retry time of an earlier process lies far ahead after the clock was set back.
      if (!isBounded) await store.boundNotifications({ now: engineNow(), longestMs: LEASE_MS })
      isBounded = true
      for (const { id, outcome } of finished) await store.finishNotification(id, outcome)
      const startedAt = engineNow()
      const claimed = claims
        ? await store.claimNotifications({ now: startedAt, leaseUntil: startedAt + LEASE_MS, ...claims })
        : []
      const next = (await store.nextNotificationAt()) ?? Infinity
      dueAt = isWoken ? -Infinity : Math.min(next, startedAt + POLL_MS)
      return claimed
    },
    async attempt(notification, { abort: { signal } }) {
      inFlight++
      const sent = await attempt(notification, signal)
      inFlight--
      if (signal.aborted && sent.result !== 'done')
        return { id: notification.id, outcome: { retryAt: engineNow(), error: 'stopped' } }
      const outcome = decide(notification, sent)
      report(notification, outcome)
      return { id: notification.id, outcome }
    },
  }

  function attempt(notification: Notification, signal: AbortSignal): Promise<SendResult> {
    const { attempts, destination } = notification
    // The attempt was started often enough but never finished: the process died each time.
    if (attempts > MAX_ATTEMPTS && destination.type !== 'webhook')
      return Promise.resolve({ result: 'failed', error: 'interrupted' })
    return send(notification, signal)
  }

  /** Webhook destinations only write to the outbox, which is retried until it succeeds. */
  function decide({ attempts, destination }: Notification, sent: SendResult): NotificationOutcome {
    if (sent.result === 'done') return { isDone: true, at: now(), error: null }
    const pauseMs = destination.type === 'webhook' ? OUTBOX_RETRY_MS : pauseAfter(attempts, Math.random)
    if (sent.result === 'failed' || pauseMs === undefined)
      return { isDone: false, at: now(), error: sent.error }
    return { retryAt: engineNow() + pauseMs, error: sent.error }
  }

  function report({ alertId, destination: { type } }: Notification, outcome: NotificationOutcome): void {
    const result = 'retryAt' in outcome ? 'retried' : outcome.isDone ? 'sent' : 'failed'
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
      run: () => store.purgeNotifications(now() - KEEP_MS),
    },
    stop: () => loop.stop(0),
  }
}
