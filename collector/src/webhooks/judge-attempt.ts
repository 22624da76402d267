import type { AttemptError, AttemptResult } from './attempt.js'

/** What an attempt means for its delivery. */
export type Verdict = 'delivered' | 'retry' | 'final'

const RETRIED_ERRORS: AttemptError[] = ['timeout', 'connection', 'dns']
const GONE = 410

/** Another try may help after a 5xx, and when nobody answered; any other answer but a 2xx is the receiver's last word. */
export function judgeAttempt({ status, error }: Pick<AttemptResult, 'status' | 'error'>): Verdict {
  if (status === undefined) return RETRIED_ERRORS.includes(error!) ? 'retry' : 'final'
  if (status >= 500) return 'retry'
  return status >= 200 && status < 300 ? 'delivered' : 'final'
}

/** Why a webhook must not be told of anything any more; undefined when it may. */
export function findEndOf({ status }: Pick<AttemptResult, 'status'>): string | undefined {
  return status === GONE ? 'the endpoint answered 410 Gone' : undefined
}
