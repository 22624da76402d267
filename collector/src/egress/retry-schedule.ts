import type { AttemptError, AttemptResult } from './attempt.js'

/** Of one delivery, replays aside. */
export const MAX_ATTEMPTS = 3

// After the end of the first attempt, and of the second.
const PAUSES_MS = [5_000, 25_000]
// A tenth is allowed; the other half of it is for a process and a host that have their hands full.
const MAX_JITTER = 0.05
// The engine's clock shows whole ones, and no attempt is early.
const CLOCK_STEP_MS = 1

/** How long after the end of an attempt the next one may start, in ms; undefined when it was the last. */
export function pauseAfter(attempt: number, random: () => number): number | undefined {
  const pause = PAUSES_MS[attempt - 1]
  return pause === undefined ? undefined : Math.ceil(pause * (1 + MAX_JITTER * random())) + CLOCK_STEP_MS
}

/** No attempt is later than this after the one before, unless the endpoint or its host is busy. */
export const LONGEST_PAUSE_MS = Math.ceil(PAUSES_MS[1]! * (1 + MAX_JITTER)) + CLOCK_STEP_MS

/** What an attempt means for its delivery. */
type AttemptClass = 'delivered' | 'retry' | 'final'

const RETRIED_ERRORS: AttemptError[] = ['timeout', 'connection', 'dns']
const GONE = 410

/** Another try may help after a 5xx, and when nobody answered; any other answer but a 2xx is the receiver's last word. */
export function classifyAttempt({ status, error }: Pick<AttemptResult, 'status' | 'error'>): AttemptClass {
  if (status === undefined) return RETRIED_ERRORS.includes(error!) ? 'retry' : 'final'
  if (status >= 500) return 'retry'
  return status >= 200 && status < 300 ? 'delivered' : 'final'
}

/** Why a webhook must not be told of anything any more; undefined when it may. */
export function disableReasonOf({ status }: Pick<AttemptResult, 'status'>): string | undefined {
  return status === GONE ? 'the endpoint answered 410 Gone' : undefined
}
