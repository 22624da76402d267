import type { Logger } from 'pino'
import { ATTEMPT_DEADLINE_MS, type AttemptResult } from '../egress/attempt.js'
import { createLoopSignal } from '../egress/delivery-loop.js'
import { createHostLimits } from '../egress/host-limits.js'
import { disableReasonOf, classifyAttempt, pauseAfter } from '../egress/retry-schedule.js'
import { describeError } from '../errors.js'
import { createEndpoints, type Endpoint, type Flight } from './endpoints.js'
import type { Message, Send } from './signing.js'
import {
  type ClaimedDelivery,
  type DeliveryStore,
  type FinishedAttempt,
  LEASE_MS,
  type NextState,
  type TurnResult,
} from './webhook-store.js'
import type { Webhook } from './webhook.js'

export interface DeliveryEngine {
  /** Knows exactly these webhooks as active from now on. */
  update(webhooks: Pick<Webhook, 'id' | 'url' | 'backlog'>[]): void
  /** Something was queued for these. */
  wake(webhookIds: Iterable<string>): void
  /**
   * Makes a change of a webhook while nothing of it starts, and resolves when no attempt from before the change is under way any more.
   * `wait`: attempts under way come to their end; `cut`: only those that need less than half a second, and deliveries of the others are over.
   */
  change<Result>(webhookId: string, end: 'wait' | 'cut', make: () => Promise<Result>): Promise<Result>
  /** Sends a message of its own at once, at the pace of its host. It is made when nothing changes the webhook; undefined when there is none. */
  sendNow(
    webhook: Pick<Webhook, 'id' | 'url'>,
    make: () => Promise<Message | undefined>,
  ): Promise<AttemptResult | undefined>
  inFlight(): number
  /** Starts nothing more; resolves when what was under way is written, a little after `withinMs` at most: what is cut then is sent again after the next start. */
  stop(withinMs: number): Promise<void>
}

interface DeliveryEngineServices {
  store: Pick<DeliveryStore, 'takeTurn' | 'leasedUntil'>
  send: Send
  /** Told of every turn. */
  onTurn: (result: Pick<TurnResult, 'ended' | 'disabled'>) => void
  log: Pick<Logger, 'error'>
  /** ms since the epoch, going on evenly. */
  engineNow: () => number
  /** ms since the epoch. */
  now: () => number
  random: () => number
}

// Between transactions: what ends and what gets due meanwhile shares one.
const TURN_SPACING_MS = 2
// A store that fails is asked again after this.
const PAUSE_AFTER_FAILURE_MS = 1_000
const SLOW_MS = 1_000
const POLL_MS = 50
// What was sent already may reach the receiver after it is cut; nearly all answer within this.
const CUT_AFTER_MS = 500
// What was claimed longer ago is not sent: others count on its end.
const START_WITHIN_MS = 1_000
const LATEST_END_MS = START_WITHIN_MS + ATTEMPT_DEADLINE_MS + 500
const [REMOVED, STOPPED] = ['removed', 'stopped']

/** Takes deliveries from the queue when they are due, sends them, and writes what became of them: one loop, one transaction for each turn. */
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
  const waker = createLoopSignal()
  const woken = new Set<string>()
  let finished: FinishedAttempt[] = []
  let turning: Promise<void> | undefined
  let isStopping = false
  const running = run()

  async function run(): Promise<void> {
    for (;;) {
      const claims = isStopping ? [] : endpoints.choose(engineNow())
      if (claims.length === 0 && finished.length === 0) {
        if (isStopping && endpoints.inFlight() === 0) return
        await waker.sleepUntil(isStopping ? Infinity : endpoints.nextAt(engineNow()), engineNow)
        continue
      }
      turning = takeTurn(claims)
      const hasFailed = await turning.then(() => false, reportFailure)
      turning = undefined
      if (hasFailed && isStopping) return
      await waker.pause(hasFailed ? PAUSE_AFTER_FAILURE_MS : TURN_SPACING_MS)
    }
  }

  function reportFailure(error: unknown): true {
    log.error({ error: describeError(error) }, 'the queue of webhooks cannot be used; it is tried again')
    return true
  }

  async function takeTurn(claims: { webhookId: string; limit: number }[]): Promise<void> {
    const writing = finished
    finished = []
    woken.clear()
    const turnedAt = engineNow()
    const result = await store
      .takeTurn({ finished: writing, claims, now: turnedAt, wallNow: now() })
      .catch((error: unknown) => {
        finished = [...writing, ...finished]
        throw error
      })
    for (const [id, dueAt] of result.due)
      endpoints.ensure(id).dueAt = woken.has(id) ? -Infinity : (dueAt ?? Infinity)
    for (const id of result.disabled) endpoints.ensure(id).isActive = false
    const isLate = engineNow() - turnedAt > START_WITHIN_MS
    for (const delivery of result.claimed) {
      if (isLate) giveBack(delivery)
      else launch(delivery)
    }
    onTurn(result)
  }

  function launch(delivery: ClaimedDelivery): void {
    const { webhookId, url, secret, eventId, event, body } = delivery
    const endpoint = endpoints.ensure(webhookId)
    const abort = new AbortController()
    const at = now()
    const message = { webhook: { id: webhookId, url, secret }, eventId, event, body }
    void fly(endpoint, abort, () => send(message, abort.signal)).then((result) => {
      endpoint.isSlow = result.durationMs > SLOW_MS
      finished.push({
        delivery,
        at,
        result,
        next: decide(delivery, result, abort.signal),
        disable: disableReasonOf(result),
      })
      waker.wake()
    })
  }

  function giveBack(delivery: ClaimedDelivery): void {
    const result = { status: undefined, error: 'cancelled', answer: '', durationMs: 0 }
    finished.push({
      delivery,
      at: now(),
      result,
      next: { state: 'waiting', dueAt: engineNow(), isReturned: true },
      disable: undefined,
    })
  }

  /** Runs an attempt, counted from its start to its end. */
  async function fly<Result>(
    endpoint: Endpoint,
    abort: AbortController,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    let land!: () => void
    const ended = new Promise<void>((resolve) => (land = resolve))
    const end = endpoints.begin(endpoint, { abort, ended }, engineNow())
    try {
      return await attempt()
    } finally {
      end()
      // After those who wait for the result, so that a flush finds it.
      setImmediate(land)
    }
  }

  function decide({ attempt }: ClaimedDelivery, result: AttemptResult, signal: AbortSignal): NextState {
    const verdict = classifyAttempt(result)
    if (verdict === 'delivered') return { state: 'done' }
    if (signal.aborted)
      return signal.reason === STOPPED
        ? { state: 'waiting', dueAt: engineNow(), isReturned: true }
        : { state: 'cancelled' }
    const pause = verdict === 'retry' ? pauseAfter(attempt, random) : undefined
    return pause === undefined ? { state: 'failed' } : { state: 'waiting', dueAt: engineNow() + pause }
  }

  /** Resolves when what has ended by now is in the store. */
  async function flush(): Promise<void> {
    while ((finished.length > 0 || turning) && !isStopping) {
      waker.wake()
      await waker.pause(TURN_SPACING_MS)
    }
  }

  /** Resolves when no other process, and none that died, can be sending to a webhook. */
  async function waitForOthers(webhookId: string): Promise<void> {
    for (;;) {
      const until = await store.leasedUntil(webhookId)
      if (until === undefined || until - LEASE_MS + LATEST_END_MS <= engineNow()) return
      await waker.pause(POLL_MS)
    }
  }

  return {
    inFlight: endpoints.inFlight,
    update(webhooks) {
      endpoints.update(webhooks)
      waker.wake()
    },
    wake(ids) {
      for (const id of ids) {
        endpoints.ensure(id).dueAt = -Infinity
        woken.add(id)
      }
      waker.wake()
    },
    async change(webhookId, end, make) {
      const endpoint = endpoints.ensure(webhookId)
      endpoint.holds++
      try {
        // What is being claimed starts with what was read before the change.
        await turning?.catch(() => {})
        const flights = [...endpoint.flights]
        const result = await make()
        const impatience =
          end === 'cut' ? setTimeout(() => abortAll(flights, REMOVED), CUT_AFTER_MS) : undefined
        await Promise.all(flights.map(({ ended }) => ended))
        clearTimeout(impatience)
        await flush()
        await waitForOthers(webhookId)
        return result
      } finally {
        endpoint.holds--
        waker.wake()
      }
    },
    async sendNow({ id, url }, make) {
      // An endpoint without attempts and holds may be another object later.
      while (endpoints.ensure(id).holds > 0) await waker.pause(POLL_MS)
      const endpoint = endpoints.ensure(id)
      endpoint.host = new URL(url).hostname
      const abort = new AbortController()
      const wait = limits.nextAt(endpoint.host, engineNow()) - engineNow()
      return fly(endpoint, abort, async () => {
        if (wait > 0) await waker.pause(wait)
        const message = await make()
        return message && send(message, abort.signal)
      })
    },
    async stop(withinMs) {
      isStopping = true
      waker.wake()
      const impatience = setTimeout(
        () => [...endpoints.all()].forEach(({ flights }) => abortAll(flights, STOPPED)),
        withinMs,
      )
      await running
      clearTimeout(impatience)
    },
  }
}

function abortAll(flights: Iterable<Flight>, reason: string): void {
  for (const { abort } of flights) abort.abort(reason)
}
