import type { Logger } from 'pino'
import { ATTEMPT_DEADLINE_MS, type AttemptResult } from '../egress/attempt.js'
import {
  abortAll,
  createDeliveryLoop,
  type DeliveryQueue,
  type Flight,
  pause,
  STOPPED,
} from '../egress/delivery-loop.js'
import { disableReasonOf, classifyAttempt, pauseAfter } from '../egress/retry-schedule.js'
import { createEndpoints } from './endpoints.js'
import { createHostLimits } from './host-limits.js'
import type { Message, Send } from './send.js'
import {
  type ClaimedDelivery,
  type DeliveryStore,
  type FinishedAttempt,
  LEASE_MS,
  type NextState,
  type Turn,
  type TurnResult,
} from './webhook-store.js'
import type { Webhook } from './webhook.js'

export interface DeliveryEngine {
  /** Replaces the set of active webhooks. */
  update(webhooks: Pick<Webhook, 'id' | 'accountId' | 'url' | 'backlog'>[]): void
  /** Signals that new deliveries to these webhooks were queued. */
  wake(webhookIds: Iterable<string>): void
  /**
   * Calls `make` to change a webhook. No attempt for the webhook starts during the change. Resolves when all
   * earlier attempts have ended. `wait` lets these attempts finish. `cut` aborts them after half a second and
   * cancels their deliveries.
   */
  change<Result>(webhookId: string, end: 'wait' | 'cut', make: () => Promise<Result>): Promise<Result>
  /**
   * Sends a message immediately, without the queue. The rate limit of the host still applies. `make` creates
   * the message after all changes of the webhook have ended. Resolves to undefined if `make` returns no
   * message.
   */
  sendNow(
    webhook: Pick<Webhook, 'id' | 'accountId' | 'url'>,
    make: () => Promise<Message | undefined>,
  ): Promise<AttemptResult | undefined>
  /** Returns the number of attempts in flight. */
  inFlight(): number
  /**
   * Starts no more attempts and waits for running attempts, which are aborted after `withinMs` milliseconds.
   * Aborted attempts are repeated after the next start.
   */
  stop(withinMs: number): Promise<void>
}

interface DeliveryEngineServices {
  store: Pick<DeliveryStore, 'takeTurn' | 'leasedUntil'>
  send: Send
  onTurn: (result: Pick<TurnResult, 'ended' | 'disabled'>) => void
  log: Pick<Logger, 'error'>
  /** Unix time in milliseconds, based on a monotonic clock. */
  engineNow: () => number
  /** Unix time in milliseconds. */
  now: () => number
  random: () => number
}

interface LeasedDelivery extends ClaimedDelivery {
  /**
   * Whether the lease is too old to start an attempt. The attempt could still be running when other processes
   * assume that it has ended.
   */
  isLate: boolean
}

const SLOW_MS = 1_000
const POLL_MS = 50
// Time to wait for the responses of running attempts before they are aborted. Most receivers respond within
// this time. An aborted request may still reach the receiver.
const CUT_AFTER_MS = 500
const START_WITHIN_MS = 1_000
// The latest end of an attempt, in milliseconds after the start of its lease.
const LATEST_END_MS = START_WITHIN_MS + ATTEMPT_DEADLINE_MS + 500
const REMOVED = 'removed'

/** Creates the engine that delivers queued events to webhooks. */
export function createDeliveryEngine({
  store,
  send,
  onTurn,
  log,
  engineNow,
  now,
  random,
}: DeliveryEngineServices): DeliveryEngine {
  const limits = createHostLimits()
  const endpoints = createEndpoints(limits)
  // IDs of webhooks for which deliveries were queued while a transaction was running. The due times that the
  // transaction returns may not include these deliveries.
  const woken = new Set<string>()

  const queue: DeliveryQueue<Turn['claims'], LeasedDelivery, FinishedAttempt> = {
    choose() {
      const claims = endpoints.choose(engineNow())
      return claims.length > 0 ? claims : undefined
    },
    nextAt: () => endpoints.nextAt(engineNow()),
    async takeTurn({ finished, claims = [] }) {
      woken.clear()
      const turnedAt = engineNow()
      const result = await store.takeTurn({ finished, claims, now: turnedAt, wallNow: now() })
      for (const [id, dueAt] of result.due)
        endpoints.ensure(id).dueAt = woken.has(id) ? -Infinity : (dueAt ?? Infinity)
      for (const id of result.disabled) endpoints.ensure(id).isActive = false
      onTurn(result)
      const isLate = engineNow() - turnedAt > START_WITHIN_MS
      return result.claimed.map((delivery) => ({ ...delivery, isLate }))
    },
    async attempt({ isLate, ...delivery }, flight) {
      if (isLate) return giveBack(delivery)
      const { webhookId, url, secret, eventId, event, body } = delivery
      const endpoint = endpoints.ensure(webhookId, delivery)
      const at = now()
      const end = endpoints.begin(endpoint, flight, engineNow())
      const message = { webhook: { id: webhookId, url, secret }, eventId, event, body }
      const result = await send(message, flight.abort.signal).finally(end)
      endpoint.pace = result.durationMs > SLOW_MS ? 'slow' : 'fast'
      const next = decide(delivery, result, flight.abort.signal)
      return { delivery, at, result, next, disable: disableReasonOf(result) }
    },
  }

  function giveBack(delivery: ClaimedDelivery): FinishedAttempt {
    const result = { status: undefined, error: 'cancelled', answer: '', durationMs: 0 }
    const next: NextState = { state: 'waiting', dueAt: engineNow(), isReturned: true }
    return { delivery, at: now(), result, next, disable: undefined }
  }

  function decide({ attempt }: ClaimedDelivery, result: AttemptResult, signal: AbortSignal): NextState {
    const attemptClass = classifyAttempt(result)
    if (attemptClass === 'delivered') return { state: 'done' }
    if (signal.aborted)
      return signal.reason === STOPPED
        ? { state: 'waiting', dueAt: engineNow(), isReturned: true }
        : { state: 'cancelled' }
    const pauseMs = attemptClass === 'retry' ? pauseAfter(attempt, random) : undefined
    return pauseMs === undefined ? { state: 'failed' } : { state: 'waiting', dueAt: engineNow() + pauseMs }
  }

  const loop = createDeliveryLoop({ queue, name: 'webhooks', log, clock: engineNow })

  /** Resolves when no other process can still be sending to a webhook. */
  async function waitForOthers(webhookId: string): Promise<void> {
    for (;;) {
      const until = await store.leasedUntil(webhookId)
      if (until === undefined || until - LEASE_MS + LATEST_END_MS <= engineNow()) return
      await pause(POLL_MS)
    }
  }

  return {
    inFlight: loop.inFlight,
    stop: loop.stop,
    update(webhooks) {
      endpoints.update(webhooks)
      loop.wake()
    },
    wake(ids) {
      for (const id of ids) {
        endpoints.ensure(id).dueAt = -Infinity
        woken.add(id)
      }
      loop.wake()
    },
    async change(webhookId, end, make) {
      const endpoint = endpoints.ensure(webhookId)
      endpoint.holds++
      try {
        // A running transaction may lease deliveries that it read before the change. Wait until their
        // attempts are listed in `endpoint.flights`.
        await loop.turnEnd()
        const flights: Flight[] = [...endpoint.flights]
        const result = await make()
        const timer = end === 'cut' ? setTimeout(() => abortAll(flights, REMOVED), CUT_AFTER_MS) : undefined
        await Promise.all(flights.map(({ ended }) => ended))
        clearTimeout(timer)
        await loop.flush()
        await waitForOthers(webhookId)
        return result
      } finally {
        endpoint.holds--
        loop.wake()
      }
    },
    async sendNow(webhook, make) {
      const { id } = webhook
      // Look up the endpoint again after each pause, because an idle endpoint may have been replaced.
      while (endpoints.ensure(id).holds > 0) await pause(POLL_MS)
      const endpoint = endpoints.ensure(id, webhook)
      const waitMs = limits.nextAt(endpoint.host, engineNow()) - engineNow()
      return loop.fly(async (flight) => {
        const end = endpoints.begin(endpoint, flight, engineNow())
        try {
          if (waitMs > 0) await pause(waitMs)
          const message = await make()
          return message && (await send(message, flight.abort.signal))
        } finally {
          end()
        }
      })
    },
  }
}
