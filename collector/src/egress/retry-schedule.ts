import type { AttemptError } from './attempt-failure.js'
import type { AttemptResult } from './attempt.js'

/** Maximum number of attempts per delivery, not counting replays. */
export const MAX_ATTEMPTS = 3

// Delays after the first and second attempts.
const PAUSES_MS = [5_000, 25_000]
// Maximum random extra delay, as a fraction of the delay. It is small, so that retries stay close to their
// documented times.
const MAX_JITTER = 0.05
// One millisecond is added to every delay, because the clock is rounded and no retry may start early.
const CLOCK_STEP_MS = 1

/**
 * Returns the delay in milliseconds between the end of an attempt and the next attempt. Attempts are numbered
 * from 1. Returns undefined after the last attempt.
 */
export function pauseAfter(attempt: number, random: () => number): number | undefined {
  const pause = PAUSES_MS[attempt - 1]
  return pause === undefined ? undefined : Math.ceil(pause * (1 + MAX_JITTER * random())) + CLOCK_STEP_MS
}

/** Maximum delay before a retry, in milliseconds. Retries start later if the endpoint or its host is busy. */
export const LONGEST_PAUSE_MS = Math.ceil(PAUSES_MS[1]! * (1 + MAX_JITTER)) + CLOCK_STEP_MS

type AttemptClass = 'delivered' | 'retry' | 'final'

const RETRIED_ERRORS: AttemptError[] = ['timeout', 'connection', 'dns']
const GONE = 410

/**
 * Classifies the result of an attempt. A 2xx status means delivered. A 5xx status, a timeout, a connection
 * error and a DNS error are retried. Everything else is final.
 */
export function classifyAttempt({ status, error }: Pick<AttemptResult, 'status' | 'error'>): AttemptClass {
  if (status === undefined) return RETRIED_ERRORS.includes(error!) ? 'retry' : 'final'
  if (status >= 500) return 'retry'
  return status >= 200 && status < 300 ? 'delivered' : 'final'
}

/** Returns the reason why an attempt disables its webhook, or undefined if the webhook stays enabled. */
export function disableReasonOf({ status }: Pick<AttemptResult, 'status'>): string | undefined {
  return status === GONE ? 'the endpoint answered 410 Gone' : undefined
}
