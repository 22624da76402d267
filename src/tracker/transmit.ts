import { MAX_BATCH_EVENTS } from '../contract/limits.js'
import { isLocalPage } from './is-local-page.js'
import { collectorUrl } from './locate-collector.js'
import { acknowledge, outbox, releaseAll, sent } from './outbox.js'
import { options } from './read-tag.js'
import { useStorage } from './use-storage.js'

// Beacons and keep-alive requests in flight share 64 KiB in Chromium and WebKit; a character takes at most three bytes.
const MAX_REQUEST_LENGTH = 20_000
const FIRST_BACKOFF_MS = 3_000
const LAST_BACKOFF_MS = 300_000
// Twelve days: what is more overflows the 31 bits of a timer, which then fires at once.
const RETRY_AFTER_BITS_S = 2 ** 20 - 1

let backoff = FIRST_BACKOFF_MS

/**
 * Sends every entry that is due, in as many requests as needed.
 *
 * A living page sends keep-alive POSTs, whose answers acknowledge. A page that is `leaving` sends beacons,
 * of POSTs without an answer, too. A beacon has none itself (it returns true when offline, too): its entries
 * stay in the outbox, and the collector drops repeats.
 */
export const transmit = (leaving?: Event): void => {
  const mark = leaving ? 2 : 1
  const batch = Object.keys(outbox)
    .filter(
      (key) =>
        !(
          sent[key]! >= mark ||
          // What a prerendered page counts waits until it is shown.
          (document as Document & { prerendering?: boolean }).prerendering ||
          navigator.webdriver ||
          (options!.allowLocalhost != 'true' && isLocalPage())
        ),
    )
    .slice(0, MAX_BATCH_EVENTS)
  let body: string
  while ((body = JSON.stringify(batch.map((key) => ({ ...outbox[key], age_ms: outbox[key]!.retry && Date.now() - (key.slice(8, 21) as unknown as number) }))))[MAX_REQUEST_LENGTH] && batch[1]) batch.pop()
  if (batch[0]) {
    const retryLater = (after: unknown) => {
      // Full jitter: clients that failed together must not come back together.
      // The bits of a network error and of an HTTP date, which are no numbers, are 0.
      setTimeout(
        () => {
          batch.map((key) => delete sent[key])
          transmit()
        },
        Math.random() * backoff + ((after as number) & RETRY_AFTER_BITS_S) * 1000,
      )
      backoff = Math.min(backoff * 2, LAST_BACKOFF_MS)
    }
    batch.map((key) => {
      sent[key] = mark
      outbox[key]!.retry = true
      useStorage((storage) => (storage[key] = JSON.stringify(outbox[key])))
    })
    if (leaving) navigator.sendBeacon?.(collectorUrl, body)
    // A string body is text/plain: never a preflight.
    else
      fetch(collectorUrl, { method: 'POST', body, keepalive: true }).then((response) => {
        if (/^5|429/.test(response.status as unknown as string)) retryLater(response.headers.get('Retry-After'))
        else {
          backoff = FIRST_BACKOFF_MS
          batch.map(acknowledge)
        }
      }, retryLater)
    transmit(leaving)
  }
}

/** Sends everything again that has no answer yet. */
export const retry = (): void => {
  releaseAll()
  transmit()
}
