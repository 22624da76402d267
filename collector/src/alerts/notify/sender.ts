import type { FastifyBaseLogger } from 'fastify'
import { MAX_ATTEMPTS, pauseAfter } from '../../egress/retry-schedule.js'
import { describeError } from '../../errors.js'
import type { AlertStore, Notification, NotificationOutcome } from '../alert-store.js'
import type { AlertCounts } from '../metrics.js'

/** How an attempt ended; `retry` when another may end better. */
export type SendResult = { result: 'done' } | { result: 'retry' | 'failed'; error: string }

/** Sends a notice to its destination. Never rejects. */
export type SendNotification = (notice: Notification, signal: AbortSignal) => Promise<SendResult>

interface NotificationSender {
  /** Looks for what is due, at once. */
  wake(): void
  /** Ends what is under way: that is sent again after the next start. */
  stop(): Promise<void>
}

export interface NotificationSenderServices {
  store: Pick<
    AlertStore,
    | 'boundNotifications'
    | 'claimNotifications'
    | 'finishNotification'
    | 'nextNotificationAt'
    | 'purgeNotifications'
  >
  send: SendNotification
  counts: Pick<AlertCounts, 'noticed'>
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  /** ms since the epoch, going on evenly: a clock that is set brings no attempt early or late, nor ends a lease. */
  engineNow: () => number
  /** ms since the epoch. */
  now: () => number
}

// When the disk has no room, or the notices cannot be read.
const TRY_AGAIN_MS = 5_000
// Longer than any attempt takes: whoever holds a notice for longer was killed.
const LEASE_MS = 60_000
const AT_ONCE = 8
// Another process may have put some.
const LOOK_EVERY_MS = 30_000
const KEEP_MS = 30 * 24 * 60 * 60 * 1000

/** Sends the notices of alerts, with the retries of webhooks. What is on the disk is told at least once, and after a crash perhaps once more. */
export function createNotificationSender({
  store,
  send,
  counts,
  log,
  engineNow,
  now,
}: NotificationSenderServices): NotificationSender {
  const stopping = new AbortController()
  const underWay = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let isWoken = false
  let forgottenAt = 0
  let isBounded = false

  async function attempt(notice: Notification): Promise<void> {
    // Started often enough, but never finished: the process died each time.
    const sent: SendResult =
      notice.attempts > MAX_ATTEMPTS && notice.destination.type !== 'webhook'
        ? { result: 'failed', error: 'interrupted' }
        : await send(notice, stopping.signal)
    const isCut = stopping.signal.aborted && sent.result !== 'done'
    const outcome: NotificationOutcome = isCut
      ? { retryAt: engineNow(), error: 'stopped' }
      : decide(notice, sent, { engineNow: engineNow(), now: now() })
    await store.finishNotification(notice.id, outcome)
    if (isCut) return
    const { alertId, destination } = notice
    const end = 'retryAt' in outcome ? 'retried' : outcome.isDone ? 'sent' : 'failed'
    counts.noticed(destination.type, end)
    if (end === 'failed')
      log.warn(
        { alert: alertId, destination: destination.type, error: outcome.error },
        'a notice of an alert could not be sent',
      )
  }

  async function look(): Promise<void> {
    isWoken = false
    const at = now()
    if (Math.abs(at - forgottenAt) > KEEP_MS / 30) {
      await store.purgeNotifications(at - KEEP_MS)
      forgottenAt = at
    }
    if (!isBounded) await store.boundNotifications({ now: engineNow(), longestMs: LEASE_MS })
    isBounded = true
    const startedAt = engineNow()
    const claimed =
      underWay.size < AT_ONCE
        ? await store.claimNotifications({
            now: startedAt,
            leaseUntil: startedAt + LEASE_MS,
            limit: AT_ONCE - underWay.size,
          })
        : []
    for (const notice of claimed) {
      const run = attempt(notice)
        .catch((error: unknown) =>
          log.error(
            { alert: notice.alertId, error: describeError(error) },
            'what became of a notice could not be stored',
          ),
        )
        .finally(() => {
          underWay.delete(run)
          wake()
        })
      underWay.add(run)
    }
    const next = underWay.size < AT_ONCE ? await store.nextNotificationAt() : undefined
    schedule(Math.min(LOOK_EVERY_MS, Math.max(0, (next ?? Infinity) - engineNow())))
  }

  function schedule(delayMs: number): void {
    clearTimeout(timer)
    if (!stopping.signal.aborted) timer = setTimeout(wake, delayMs).unref()
  }

  function wake(): void {
    if (stopping.signal.aborted) return
    if (looking) return void (isWoken = true)
    looking = look()
      .catch((error: unknown) => {
        log.error({ error: describeError(error) }, 'notices of alerts could not be read; it is tried again')
        schedule(TRY_AGAIN_MS)
      })
      .finally(() => {
        looking = undefined
        if (isWoken) wake()
      })
  }

  return {
    wake,
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await looking
      await Promise.all(underWay)
    },
  }
}

/** What follows an attempt. A webhook's notice is only handed on to its queue: that is tried until the disk has it. */
function decide(
  { attempts, destination }: Notification,
  sent: SendResult,
  { engineNow, now: at }: { engineNow: number; now: number },
): NotificationOutcome {
  if (sent.result === 'done') return { isDone: true, at, error: null }
  const delay = destination.type === 'webhook' ? TRY_AGAIN_MS : pauseAfter(attempts, Math.random)
  if (sent.result === 'failed' || delay === undefined) return { isDone: false, at, error: sent.error }
  return { retryAt: engineNow + delay, error: sent.error }
}
