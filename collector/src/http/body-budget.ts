import { ApiError } from '../errors.js'

/** Memory that bodies may take up together, from before they are read until they are answered. */
interface BodyBudget {
  /** Sets bytes aside and returns how to give them back. Throws `STORE_UNAVAILABLE` when there are not so many. */
  reserve(bytes: number): () => void
}

const RETRY_AFTER_S = 5

export function createBodyBudget(maxBytes: number): BodyBudget {
  let reserved = 0
  return {
    reserve(bytes) {
      if (reserved + bytes > maxBytes) throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S })
      reserved += bytes
      return () => void (reserved -= bytes)
    },
  }
}
