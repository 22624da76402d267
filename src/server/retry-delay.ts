const MIN_DELAY_MS = 500
const MAX_DELAY_MS = 60_000
const MAX_RETRY_AFTER_MS = 60 * 60_000

/**
 * Chooses the pause after the `failures`-th failure in a row: half a second to a limit that doubles each time, up to a
 * minute, at random (full jitter), so that many senders do not come back at the same moment.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function chooseDelay(failures: number, random: () => number = Math.random): number {
  const limit = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** Math.min(failures, 20))
  return MIN_DELAY_MS + random() * (limit - MIN_DELAY_MS)
}

/**
 * Reads `Retry-After`, seconds or a date (RFC 9110, section 10.2.3), as milliseconds: at most an hour, and 0 if it is
 * missing, in the past or not valid. A date is compared with the answer's own `Date`, because clocks differ.
 */
export function readRetryAfter(headers: Headers, now: number): number {
  const value = headers.get('retry-after')?.trim() ?? ''
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - (Date.parse(headers.get('date') ?? '') || now)
  return Math.min(Math.max(ms || 0, 0), MAX_RETRY_AFTER_MS)
}
