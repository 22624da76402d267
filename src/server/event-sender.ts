import { MAX_AGE_MS, MAX_BATCH_EVENTS, MAX_BODY_BYTES, MAX_KEYED_BATCH_EVENTS } from '../contract/limits.js'
import { callCollector } from './call-collector.js'
import type { Clock } from './clock.js'
import type { Batch, BatchLimits, EventQueue, QueuedEvent } from './event-queue.js'
import { IngestError } from './ingest-error.js'
import { createPace } from './pace.js'
import { readOutcome, type RequestOutcome } from './read-outcome.js'
import { chooseDelay } from './retry-delay.js'

export interface SenderOptions {
  trackingCode: string
  apiUrl: string
  apiKey: string | undefined
  attempts: number
  maxAgeMs: number
  fetch: typeof fetch
  clock: Clock
}

const FLUSH_MS = 1_000
const MAX_REQUESTS = 2
const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 8 * 1024 * 1024
// What the body has beside its events, and an event beside its JSON.
const ENVELOPE_BYTES = 200
const ADDED_BYTES = 40

/**
 * Sends queued events: each second or when a request is full, two requests at a time.
 *
 * A request that fails is sent again after a pause, and no other is sent meanwhile; its events are marked `retry`, so that
 * none is stored twice. What each answer means is in read-outcome.ts.
 */
export function createEventSender(queue: EventQueue, options: SenderOptions) {
  const { apiKey, clock, trackingCode, attempts, maxAgeMs } = options
  const base = options.apiUrl.replace(/\/+$/, '')
  const url = apiKey === undefined ? `${base}/e/${trackingCode}` : `${base}/api/v1/events`
  const limits: BatchLimits =
    apiKey === undefined
      ? { maxEvents: MAX_BATCH_EVENTS, maxBytes: MAX_BODY_BYTES - ENVELOPE_BYTES }
      : { maxEvents: MAX_KEYED_BATCH_EVENTS, maxBytes: 4 * 1024 * 1024 }
  const pace = apiKey === undefined ? createPace() : undefined
  const ending = new AbortController()
  const running = new Set<Promise<void>>()
  /** Totals of requests, and what the last failure was. */
  const state = { requests: 0, failures: 0, inFlight: 0, lastError: undefined as IngestError | undefined }
  /** Number of the newest event that is sent without waiting for more. */
  let flushedTo = 0
  /** Steady time before which nothing is sent. */
  let resumeAt = 0
  let cancelTimer: (() => void) | undefined

  function pump(): void {
    cancelTimer?.()
    cancelTimer = undefined
    if (ending.signal.aborted) return
    const now = clock.steadyNow()
    for (const event of queue.takeQueuedBefore(now - maxAgeMs))
      queue.settle(event, { error: expiredError(), isLost: true })
    while (state.inFlight < MAX_REQUESTS && now >= resumeAt) {
      const batch = takeBatch(now)
      if (!batch) break
      const request = send(batch).finally(() => running.delete(request))
      running.add(request)
    }
    const wakeAt = Math.min(nextSendAt(now), queue.oldestQueuedAt + maxAgeMs + 1)
    if (wakeAt < Infinity) cancelTimer = clock.setTimer(pump, Math.max(0, Math.ceil(wakeAt - now)))
  }

  function takeBatch(now: number): Batch | undefined {
    const room = pace ? pace.room(now) : limits.maxEvents
    if (room === 0) return undefined
    const due = queue.takeDue(now, room)
    if (due) return due
    return freshAt() <= now
      ? queue.takeFresh({ ...limits, maxEvents: Math.min(room, limits.maxEvents) })
      : undefined
  }

  /** When fresh events are to be sent; infinite if there are none. */
  function freshAt(): number {
    const oldest = queue.oldestFresh
    if (!oldest) return Infinity
    return oldest.number <= flushedTo || queue.isFull(limits) ? 0 : oldest.queuedAt + FLUSH_MS
  }

  function nextSendAt(now: number): number {
    // The answer of a request comes first.
    if (state.inFlight === MAX_REQUESTS) return Infinity
    const next = Math.max(Math.min(queue.nextDueAt, freshAt()), resumeAt)
    return next <= now ? (pace?.nextRoomAt(now) ?? next) : next
  }

  async function send(batch: Batch): Promise<void> {
    state.requests++
    state.inFlight++
    const endPace = pace?.begin(batch.events.length)
    const outcome = await post(batch)
    endPace?.(clock.steadyNow())
    state.inFlight--
    if (!ending.signal.aborted) finish(batch, outcome)
    pump()
  }

  async function post({ events }: Batch): Promise<RequestOutcome> {
    const now = clock.steadyNow()
    const list = `[${events.map((event) => writeEvent(event, now)).join(',')}]`
    for (const event of events) event.attempts++
    try {
      const answer = await callCollector(
        url,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(apiKey !== undefined && { 'x-api-key': apiKey }),
          },
          body:
            apiKey === undefined ? list : `{"trackingCode":${JSON.stringify(trackingCode)},"events":${list}}`,
        },
        { fetch: options.fetch, timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES, signal: ending.signal },
      )
      const outcome = readOutcome(answer, events.length, clock.now())
      readLimit(answer.headers)
      return outcome
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      return {
        error: unavailableError(`The collector cannot be reached: ${reason}.`, cause),
        retryAfterMs: 0,
      }
    }
  }

  /** Waits for the next minute when the key has no request left in this one. */
  function readLimit(headers: Headers): void {
    const remaining = headers.get('x-ratelimit-remaining')
    if (remaining === null || Number(remaining) >= MAX_REQUESTS) return
    const now = Date.parse(headers.get('date') ?? '') || clock.now()
    const waitMs = Number(headers.get('x-ratelimit-reset')) * 1000 - now
    if (waitMs > 0) pause(Math.min(waitMs, 60_000))
  }

  function pause(ms: number): void {
    resumeAt = Math.max(resumeAt, clock.steadyNow() + ms)
  }

  function finish(batch: Batch, outcome: RequestOutcome): void {
    const { events } = batch
    if ('events' in outcome) {
      state.failures = 0
      events.forEach((event, index) => queue.settle(event, outcome.events[index]!))
    } else if ('isTooLarge' in outcome) {
      const half = Math.ceil(events.length / 2)
      if (half === events.length) queue.settle(events[0]!, outcome)
      else
        for (const part of [events.slice(0, half), events.slice(half)])
          queue.putBack({ ...batch, events: part })
    } else {
      state.failures++
      state.lastError = outcome.error
      const waitMs = Math.max(chooseDelay(state.failures), outcome.retryAfterMs)
      pause(waitMs)
      for (const event of events)
        if (event.attempts >= attempts) queue.settle(event, { error: outcome.error, isLost: true })
      const rest = events.filter((event) => event.attempts < attempts)
      const failures = batch.failures + 1
      // A batch that fails again and again does not keep the others waiting.
      const dueAt = clock.steadyNow() + Math.max(waitMs, chooseDelay(failures))
      if (rest.length > 0) queue.putBack({ events: rest, dueAt, failures })
    }
  }

  function expiredError(): IngestError {
    const { lastError } = state
    return new IngestError({
      code: 'EXPIRED',
      status: lastError?.status ?? 0,
      message: `The event was not delivered within ${maxAgeMs / 60_000} minutes. ${lastError?.message ?? ''}`,
      cause: lastError,
    })
  }

  return {
    state,
    /** Must be called after an event was queued. */
    notify(): void {
      if (!cancelTimer || queue.isFull(limits)) pump()
    },
    /** Sends every event that is queued now without waiting for more. */
    flush(): void {
      flushedTo = queue.newest
      pump()
    },
    /** Ends requests and timers; resolves when none is left. What has no outcome gets none. */
    async stop(): Promise<void> {
      cancelTimer?.()
      ending.abort(new Error('the tracker was closed'))
      await Promise.all(running)
    },
    maxEventBytes: limits.maxBytes - ADDED_BYTES,
  }
}

function writeEvent({ json, attempts, ageMs, queuedAt }: QueuedEvent, now: number): string {
  const age = Math.round(Math.min(Math.max(ageMs + now - queuedAt, 0), MAX_AGE_MS))
  return `${json.slice(0, -1)}${age > 0 ? `,"age_ms":${age}` : ''}${attempts > 0 ? ',"retry":true' : ''}}`
}

const unavailableError = (message: string, cause: unknown): IngestError =>
  new IngestError({ code: 'STORE_UNAVAILABLE', message, cause })
