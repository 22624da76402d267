import { isTrackingCode } from '../contract/tracking-code.js'
import type { IngestEvent } from '../contract/wire.js'
import { systemClock } from './clock.js'
import { createEvent, type CreatedEvent, type ServerEvent } from './create-event.js'
import { EventQueue } from './event-queue.js'
import { createEventSender } from './event-sender.js'
import { IngestError } from './ingest-error.js'
import { checkBaseUrl, checkFunction, checkHeaderText, checkNumber, checkOptions } from './options-error.js'
import type { EventOutcome } from './read-outcome.js'
import type {
  FlushOptions,
  SenderStats,
  ServerTracker,
  ServerTrackerOptions,
  StoredEvent,
} from './server-tracker.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const CLOSE_MS = 30_000

/**
 * Creates a client that sends events from a server.
 *
 * Up to 10,000 events and 16 MiB wait in memory; beyond, the new event is refused with `QUEUE_FULL`. Requests that fail are
 * sent again with pauses of up to a minute, or as long as `Retry-After` says. Each event has its own ID, so that a retry
 * after a lost response is not counted twice.
 *
 * Throws an {@link OptionsError} if options are not valid.
 *
 * @example
 * import { createServerTracker } from '@zenovay/tracker/server'
 * const analytics = createServerTracker({
 *   trackingCode: 'ZV_XXXXXXXXXXX',
 *   apiUrl: 'https://collector.example',
 * })
 * await analytics.track('purchase', {
 *   url: 'https://example.com/checkout',
 *   sessionId: 'srv-9f2a7c41bd',
 *   properties: { value: 99.99 },
 * })
 */
export function createServerTracker(options: ServerTrackerOptions): ServerTracker {
  checkTrackerOptions(options)
  const {
    trackingCode,
    apiUrl,
    apiKey,
    userAgent = 'Zenovay-Server/1.0',
    attempts = Infinity,
    maxAgeMs = 6 * HOUR_MS,
    onDrop,
    waitUntil,
    // Bound, because runtimes reject a call on another object, and looked up late, because tests replace it.
    fetch = (...call) => globalThis.fetch(...call),
    clock = systemClock,
  } = options
  const queue = new EventQueue()
  const sender = createEventSender(queue, { trackingCode, apiUrl, apiKey, attempts, maxAgeMs, fetch, clock })
  const totals = { stored: 0, duplicates: 0, refused: 0, queueFull: 0, lost: 0 }
  let isClosed = false
  let isFlushPlanned = false
  let warnedAt = -Infinity

  function send(kind: Partial<IngestEvent>, source: ServerEvent): Promise<StoredEvent> {
    const outcome = new Promise<StoredEvent>((resolve, reject) => {
      const refuse = (error: IngestError) => {
        totals.refused++
        reject(error)
      }
      if (isClosed) return refuse(closedError())
      try {
        accept(createEvent(kind, source, userAgent, clock.now()), resolve, reject)
      } catch (error) {
        refuse(error as IngestError)
      }
    })
    outcome.catch(() => undefined)
    return outcome
  }

  function accept(
    { eventId, json, ageMs }: CreatedEvent,
    resolve: (stored: StoredEvent) => void,
    reject: (error: IngestError) => void,
  ): void {
    const bytes = new TextEncoder().encode(json).length
    if (bytes > sender.maxEventBytes)
      throw new IngestError({
        code: 'PAYLOAD_TOO_LARGE',
        message: `The event has more than ${sender.maxEventBytes} bytes.`,
      })
    if (!queue.hasRoom(bytes)) {
      const error = EventQueue.fullError()
      totals.queueFull++
      warnOfFullQueue()
      tellDrop(error, json)
      return reject(error)
    }
    let finish = () => {}
    const settled = new Promise<void>((done) => (finish = done))
    const settle = (outcome: EventOutcome) => {
      finish()
      if ('status' in outcome) {
        totals[outcome.status === 'stored' ? 'stored' : 'duplicates']++
        return resolve({ status: outcome.status, eventId })
      }
      totals[outcome.isLost ? 'lost' : 'refused']++
      if (outcome.isLost) tellDrop(outcome.error, json)
      reject(outcome.error)
    }
    queue.add({
      json,
      bytes,
      queuedAt: clock.steadyNow(),
      ageMs,
      settle,
      settled,
    })
    sender.notify()
    planFlush()
  }

  /** Calls a function of the caller, which may throw. */
  function call(name: string, run: () => void): void {
    try {
      run()
    } catch (thrown) {
      console.error(`zenovay: ${name} threw`, thrown)
    }
  }

  const tellDrop = (error: IngestError, json: string) =>
    call('onDrop', () => onDrop?.(error, JSON.parse(json) as IngestEvent))

  function warnOfFullQueue(): void {
    const now = clock.steadyNow()
    if (now < warnedAt + MINUTE_MS) return
    warnedAt = now
    const { lastError } = sender.state
    console.warn(
      `zenovay: the queue is full, ${totals.queueFull} events refused so far.${lastError ? ` Last error: ${lastError.message}` : ''}`,
    )
  }

  function planFlush(): void {
    if (!waitUntil || isFlushPlanned) return
    isFlushPlanned = true
    // After the task, so that events tracked together are sent together.
    const sent = Promise.resolve().then(() => {
      isFlushPlanned = false
      return flush()
    })
    call('waitUntil', () => waitUntil(sent))
  }

  async function flush({ timeoutMs = Infinity, signal }: FlushOptions = {}): Promise<SenderStats> {
    signal?.throwIfAborted()
    const settled = Promise.all([...queue.all].map((event) => event.settled))
    sender.flush()
    let stopWaiting = () => {}
    const limit = new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal!.reason as Error)
      signal?.addEventListener('abort', abort)
      const cancel = timeoutMs < Infinity ? clock.setTimer(resolve, timeoutMs) : undefined
      stopWaiting = () => {
        cancel?.()
        signal?.removeEventListener('abort', abort)
      }
    })
    await Promise.race([settled, limit]).finally(stopWaiting)
    return stats()
  }

  async function close({
    timeoutMs = CLOSE_MS,
  }: { timeoutMs?: number | undefined } = {}): Promise<SenderStats> {
    isClosed = true
    await flush({ timeoutMs })
    await sender.stop()
    for (const event of queue.all) queue.settle(event, { error: closedError(), isLost: true })
    return stats()
  }

  function stats(): SenderStats {
    const { requests, inFlight: requestsInFlight, failures, lastError } = sender.state
    const { size: waiting } = queue.all
    return { ...totals, waiting, waitingBytes: queue.bytes, requests, requestsInFlight, failures, lastError }
  }

  return {
    track: (event_name, event) => send({ event_type: 'custom', event_name }, event),
    pageview: (event) => send({ event_type: 'pageview' }, event),
    goal: (event_name, event) => send({ event_type: 'goal', event_name }, event),
    revenue: (amount, currency, event) =>
      send({ event_type: 'revenue', properties: { amount, currency } }, event),
    identify: (user_id, event) => send({ event_type: 'identify', user_id }, event),
    room: () => queue.room(),
    flush,
    close,
    stats,
  }
}

function checkTrackerOptions(options: ServerTrackerOptions): void {
  const { trackingCode, apiUrl, apiKey, userAgent, attempts, maxAgeMs, onDrop, waitUntil, fetch } = {
    ...options,
  }
  checkOptions('createServerTracker', {
    trackingCode: isTrackingCode(trackingCode) ? undefined : 'must be the tracking code of a site, ZV_…',
    apiUrl: checkBaseUrl(apiUrl),
    apiKey: checkHeaderText(apiKey),
    userAgent: checkHeaderText(userAgent),
    attempts: checkNumber(attempts, 1, Number.MAX_SAFE_INTEGER),
    maxAgeMs: checkNumber(maxAgeMs, 1_000, 23 * HOUR_MS),
    onDrop: checkFunction(onDrop),
    waitUntil: checkFunction(waitUntil),
    fetch: checkFunction(fetch),
  })
}

const closedError = (): IngestError =>
  new IngestError({ code: 'CLOSED', message: 'The tracker was closed before the event was delivered.' })
