import { createWireError, type IngestAnswer } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'
import { outcomeOf, type Outcome } from './outcomes.js'

/** What became of one event; `refusal` unless it is stored, now or before. */
export interface Ending {
  outcome: Outcome
  refusal?: ApiError
}

/** The ending of an event that was refused, by a rule or by a fault of ours. */
export function refuse(error: unknown): Ending {
  return {
    outcome: outcomeOf(error),
    refusal: error instanceof ApiError ? error : new ApiError('INTERNAL_ERROR', { cause: error }),
  }
}

/**
 * The answer to a body by what became of its events; throws the {@link ApiError} of one that is no success.
 *
 * When one event could not be stored, all are sent again: those that were stored are known by their ids.
 */
export function answerEvents(
  endings: Ending[],
  { isBatch, now }: { isBatch: boolean; now: number },
): IngestAnswer {
  const refused = selectRefused(endings)
  if (refused.length === endings.length) throw isBatch ? refuseAll(refused) : refused[0]!.refusal
  if (!isBatch) return { success: true }
  const rejected = refused.map(({ index, refusal }) => ({
    index,
    error: createWireError(refusal.code, new Date(now), refusal.details),
  }))
  return { success: true, accepted: endings.length - rejected.length, rejected }
}

export interface Refused {
  index: number
  refusal: ApiError
}

/** The events that break a rule. Throws the fault of ours that kept one from being stored. */
export function selectRefused(endings: Ending[]): Refused[] {
  const lost = endings.find(({ outcome }) => outcome === 'shed' || outcome === 'failed')
  if (lost) throw lost.refusal!
  return endings.flatMap(({ refusal }, index) => (refusal ? [{ index, refusal }] : []))
}

/** The refusal of a batch without one valid event: its faults are named by the index of their event, in the array called `list`. */
export function refuseAll(refused: Refused[], list = ''): ApiError {
  const details = refused.flatMap(({ index, refusal }) =>
    refusal.details
      ? refusal.details.map(({ field, reason }) => ({ field: `${list}[${index}].${field}`, reason }))
      : [{ field: `${list}[${index}]`, reason: refusal.message }],
  )
  return new ApiError('VALIDATION_ERROR', { details })
}
