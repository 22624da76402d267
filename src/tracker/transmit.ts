import { MAX_BATCH_EVENTS } from '../contract/limits.js'
import { isLocalPage } from './is-local-page.js'
import { collectorUrl } from './locate-collector.js'
import { acknowledge, MAX_REQUEST_LENGTH, outbox, releaseAll, sent } from './outbox.js'
import { cookieless } from './read-privacy.js'
import { options } from './read-tag.js'
import { record } from './record.js'
import { restore } from './restore.js'
import { useStorage } from './use-storage.js'

// Doubled before it is used: at first, 3 s.
const FIRST_BACKOFF_MS = 1_500
const LAST_BACKOFF_MS = 300_000
// Eleven days: what is more overflows the 31 bits of a timer, which then fires at once.
const MAX_RETRY_AFTER_S = 1e6
// Of a full request: under the collector's burst limit of 60 events in 10 s, which other tabs share.
const FULL_PAUSE_MS = 6_000

let backoff = FIRST_BACKOFF_MS
/** Of the next retry: one for all requests that failed, or each of them would double the pause and send everything again. */
let timer: unknown = 0

/**
 * Sends every entry that is due, in as many requests as needed.
 *
 * A living page sends keep-alive POSTs, whose answers acknowledge. A page that is left (2) sends beacons,
 * of POSTs without an answer, too. A beacon has none itself (it returns true when offline, too): its entries
 * stay in the outbox, and the collector drops repeats.
 */
export const transmit = (mark = 1): void => {
  let text = ''
  const batch = Object.keys(outbox)
    .filter(
      (key) =>
        !(
          sent[key]! >= mark ||
          // Opted out.
          record[1] ||
          // What a prerendered page counts waits until it is shown.
          (document as Document & { prerendering?: boolean }).prerendering ||
          navigator.webdriver ||
          (options!.allowLocalhost != 'true' && isLocalPage()) ||
          // All of it is kept at once, also what a later request will carry: a page may end before that.
          (cookieless || useStorage((storage) => (storage[key] ||= JSON.stringify(outbox[key])) as string),
          (text += JSON.stringify(outbox[key])))[MAX_REQUEST_LENGTH]
        ),
    )
    .slice(0, MAX_BATCH_EVENTS)
  const body = JSON.stringify(
    batch.map((key) => ({
      ...outbox[key],
      age_ms: outbox[key]!.retry && Date.now() - (key.slice(8, 21) as unknown as number),
    })),
  )
  if (batch[0]) {
    batch.map((key) => {
      sent[key] = mark
      outbox[key]!.retry = true
    })
    if (mark > 1) {
      navigator.sendBeacon?.(collectorUrl, body)
      transmit(mark)
    } else {
      // A string body is text/plain: never a preflight.
      fetch(collectorUrl, { method: 'POST', body, keepalive: true })
        .then((answer) => {
          if (/^5|429/.test(answer.status as unknown as string)) throw answer.headers.get('Retry-After')
          backoff = FIRST_BACKOFF_MS
          // What is left of an outbox goes one request after the other.
          setTimeout(transmit, (batch[MAX_BATCH_EVENTS - 1] && FULL_PAUSE_MS) as number)
          batch.map(acknowledge)
        })
        .catch((after) => {
          // Full jitter: clients that failed together must not come back together.
          // A network error and an HTTP date, which are no numbers, count as 0.
          timer ||= setTimeout(
            retry,
            Math.random() * (backoff = Math.min(backoff * 2, LAST_BACKOFF_MS)) +
              (((after as number) % MAX_RETRY_AFTER_S) | 0) * 1000,
          )
        })
    }
  }
}

/** Sends everything again that has no answer yet, also what closed tabs left. */
export const retry = (): void => {
  timer = 0
  releaseAll()
  restore()
}
