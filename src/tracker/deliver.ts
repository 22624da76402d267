import { MAX_AGE_MS, MAX_BATCH_EVENTS } from '../contract/limits.js'
import type { IngestEvent } from '../contract/wire.js'
import { collectorUrl, options } from './options.js'
import {
  acknowledge,
  ageOf,
  BEACONED,
  KEY_PREFIX,
  MAX_REQUEST_LENGTH,
  outbox,
  POSTED,
  releaseAll,
  sent,
} from './outbox.js'
import { isLocalPage } from './page-url.js'
import { cookieless, readPrivacy } from './privacy.js'
import { useStorage } from './use-storage.js'
import { OPTED_OUT, visitorState } from './visitor-state.js'

// The backoff is doubled before its first use, so the first retry waits at most three seconds.
const FIRST_BACKOFF_MS = 1_500
const LAST_BACKOFF_MS = 300_000
// About 11 days. A delay of more than 24 days would overflow the 31 bits of a timer, which would then fire
// immediately.
const MAX_RETRY_AFTER_S = 1e6
// Delay after a request with the maximum number of events. It prevents a tab from exceeding the collector's
// burst limit of 60 events in 10 seconds.
const FULL_PAUSE_MS = 6_000

let backoff = FIRST_BACKOFF_MS
/**
 * The timer of the next retry, or 0 if no retry is scheduled. All failed requests share one timer, because
 * several timers would each double the backoff and send all events again.
 */
let retryTimer: unknown = 0

/** Checks whether this page may currently send events. */
const canSend = (): boolean =>
  !visitorState[OPTED_OUT] &&
  // A prerendered page is not counted until it is shown.
  !(document as Document & { prerendering?: boolean }).prerendering &&
  !navigator.webdriver &&
  (options.allowLocalhost === 'true' || !isLocalPage())

/**
 * Saves all events that are due to storage. Returns the keys of the oldest of these events, as many as fit
 * into one request.
 */
const takeBatch = (mode: number): string[] => {
  const batch: string[] = []
  let text = ''
  Object.keys(outbox).forEach((key) => {
    // A beacon also includes events whose POST request has no response yet.
    if (sent[key]! >= mode || !canSend()) return
    // Save the event even if it does not fit into this request, because the page may close before the next
    // one.
    if (!cookieless) useStorage((storage) => (storage[key] ||= JSON.stringify(outbox[key])) as string)
    text += JSON.stringify(outbox[key])
    if (text.length <= MAX_REQUEST_LENGTH && batch.length < MAX_BATCH_EVENTS) batch.push(key)
  })
  return batch
}

/**
 * Sends all events that are due, in as many requests as necessary.
 *
 * A visible page sends POST requests with `keepalive`. Any response except 429 and 5xx acknowledges the
 * events of its request. A page that is being hidden or left sends beacons, which also include events whose
 * POST request has no response yet. A beacon acknowledges no events, because `sendBeacon` returns true even
 * if the browser is offline. These events stay in the outbox and are sent again, and the collector drops the
 * duplicates.
 */
export const transmit = (mode = POSTED): void => {
  const batch = takeBatch(mode)
  if (batch.length === 0) return
  const body = JSON.stringify(
    batch.map((key) => ({ ...outbox[key], age_ms: outbox[key]!.retry && ageOf(key) })),
  )
  batch.forEach((key) => {
    sent[key] = mode
    outbox[key]!.retry = true
  })
  if (mode === BEACONED) {
    navigator.sendBeacon?.(collectorUrl, body)
    transmit(mode)
  } else
    // A string body is sent as `text/plain`, which requires no CORS preflight.
    fetch(collectorUrl, { method: 'POST', body, keepalive: true })
      .then((answer) => {
        if (answer.status >= 500 || answer.status === 429)
          return retryLater(answer.headers.get('Retry-After'))
        backoff = FIRST_BACKOFF_MS
        batch.forEach(acknowledge)
        // Send the remaining events one request at a time.
        setTimeout(transmit, batch.length < MAX_BATCH_EVENTS ? 0 : FULL_PAUSE_MS)
      })
      .catch(retryLater)
}

/**
 * Schedules a retry unless one is already scheduled. A random backoff is added to the number of seconds in
 * the `Retry-After` header.
 */
const retryLater = (retryAfter: unknown): void => {
  if (retryTimer) return
  backoff = Math.min(backoff * 2, LAST_BACKOFF_MS)
  // The backoff is random, so that clients whose requests failed at the same time do not retry at the same
  // time. A date in `Retry-After` or a network error is not a number and adds no delay.
  retryTimer = setTimeout(
    retry,
    Math.random() * backoff + (Number(retryAfter) % MAX_RETRY_AFTER_S || 0) * 1000,
  )
}

/** Sends all unacknowledged events again, including events that closed tabs left in storage. */
export const retry = (): void => {
  retryTimer = 0
  releaseAll()
  restore()
}

/** Loads the events that earlier pages left in storage, and sends them at the end of the current task. */
export const restore = (): void => {
  // The visitor may have opted out in another tab.
  readPrivacy()
  useStorage((storage) => {
    for (const key in storage)
      if (key.startsWith(KEY_PREFIX))
        if (ageOf(key) < MAX_AGE_MS)
          outbox[key] ||= { ...(JSON.parse(storage[key] as string) as IngestEvent), retry: true }
        else acknowledge(key)
  })
  queueMicrotask(transmit)
}
