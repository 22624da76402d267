import type { AttemptError } from './attempt-failure.js'
import type { AttemptResult } from './attempt.js'

/** Maximum number of attempts of a delivery, not counting replays. */
export const MAX_ATTEMPTS = 3

// The pauses after the end of the first and of the second attempt.
const PAUSES_MS = [5_000, 25_000]
// docs/webhooks.md allows a tenth; half of it is left for a busy process and host.
const MAX_JITTER = 0.05
// The clock shows whole milliseconds, and no attempt may be early.
const CLOCK_STEP_MS = 1

/** Pause from the end of an attempt (from 1) to the next, in ms; undefined after the last. */
export function pauseAfter(attempt: number, random: () => number): number | undefined {
  const pause = PAUSES_MS[attempt - 1]
  return pause === undefined ? undefined : Math.ceil(pause * (1 + MAX_JITTER * random())) + CLOCK_STEP_MS
}

/** Maximum pause before a retry, unless the endpoint or its host is busy. */
export const LONGEST_PAUSE_MS = Math.ceil(PAUSES_MS[1]! * (1 + MAX_JITTER)) + CLOCK_STEP_MS

type AttemptClass = 'delivered' | 'retry' | 'final'

const RETRIED_ERRORS: AttemptError[] = ['timeout', 'connection', 'dns']
const GONE = 410

/** A 5xx and most missing answers are retried; any other answer than 2xx is final. */
export function classifyAttempt({ status, error }: Pick<AttemptResult, 'status' | 'error'>): AttemptClass {
  if (status === undefined) return RETRIED_ERRORS.includes(error!) ? 'retry' : 'final'
  if (status >= 500) return 'retry'
  return status >= 200 && status < 300 ? 'delivered' : 'final'
}

/** The reason why an attempt disables its webhook; undefined when it does not. */
export function disableReasonOf({ status }: Pick<AttemptResult, 'status'>): string | undefined {
  return status === GONE ? 'the endpoint answered 410 Gone' : undefined
}
