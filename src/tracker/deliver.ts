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

// The pause is doubled before its first use: 3 s.
const FIRST_BACKOFF_MS = 1_500
const LAST_BACKOFF_MS = 300_000
// This is 11 days. A longer delay overflows the 31 bits of a timer, which then fires at once.
const MAX_RETRY_AFTER_S = 1e6
// Pause after a full request: stays below the collector's burst limit of 60 events in 10 s, which other tabs
// share.
const FULL_PAUSE_MS = 6_000

let backoff = FIRST_BACKOFF_MS
/**
 * Timer of the next retry. All failed requests share one: several would each double the backoff and resend
 * everything.
 */
let retryTimer: unknown = 0

/** Whether this page may send events now. */
const canSend = (): boolean =>
  !visitorState[OPTED_OUT] &&
  // A prerendered page is not counted before it is shown.
  !(document as Document & { prerendering?: boolean }).prerendering &&
  !navigator.webdriver &&
  (options.allowLocalhost === 'true' || !isLocalPage())

/** Stores all events that are due, and returns the keys of as many as one request may carry, oldest first. */
const takeBatch = (mode: number): string[] => {
  const batch: string[] = []
  let text = ''
  Object.keys(outbox).forEach((key) => {
    // A beacon repeats a POST that has no answer yet.
    if (sent[key]! >= mode || !canSend()) return
    // The event is stored even if a later request will carry it: the page may end before that.
    if (!cookieless) useStorage((storage) => (storage[key] ||= JSON.stringify(outbox[key])) as string)
    text += JSON.stringify(outbox[key])
    if (text.length <= MAX_REQUEST_LENGTH && batch.length < MAX_BATCH_EVENTS) batch.push(key)
  })
  return batch
}

/**
 * Sends every event that is due, in as many requests as needed.
 *
 * A visible page sends keep-alive POSTs, whose answers acknowledge their events. A page that is left sends
 * beacons, also of POSTs without an answer. A beacon is never acknowledged (`sendBeacon` returns true even
 * when offline): its events stay in the outbox, and the collector drops duplicates.
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
    // A string body is text/plain, which needs no preflight.
    fetch(collectorUrl, { method: 'POST', body, keepalive: true })
      .then((answer) => {
        if (answer.status >= 500 || answer.status === 429)
          return retryLater(answer.headers.get('Retry-After'))
        backoff = FIRST_BACKOFF_MS
        batch.forEach(acknowledge)
        // The rest of a full outbox follows one request at a time.
        setTimeout(transmit, batch.length < MAX_BATCH_EVENTS ? 0 : FULL_PAUSE_MS)
      })
      .catch(retryLater)
}

/** Retries after a growing pause, and at the earliest after Retry-After in seconds. */
const retryLater = (retryAfter: unknown): void => {
  if (retryTimer) return
  backoff = Math.min(backoff * 2, LAST_BACKOFF_MS)
  // The pause is fully random: clients that failed together must not come back together. An HTTP date and a
  // network error are not numbers and count as 0.
  retryTimer = setTimeout(
    retry,
    Math.random() * backoff + (Number(retryAfter) % MAX_RETRY_AFTER_S || 0) * 1000,
  )
}

/** Sends every event without an answer again, including those of closed tabs. */
export const retry = (): void => {
  retryTimer = 0
  releaseAll()
  restore()
}

/** Loads the events that earlier pages left in storage, and sends them at the end of this task. */
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
