import { storeUnavailable } from '../errors.js'

/** Limits the memory of all request bodies together, from before they are read until they are answered. */
interface BodyBudget {
  /**
   * Reserves bytes and returns the function that releases them. Throws `STORE_UNAVAILABLE` when too few are
   * left.
   */
  reserve(bytes: number): () => void
}

export function createBodyBudget(maxBytes: number): BodyBudget {
  let reserved = 0
  return {
    reserve(bytes) {
      if (reserved + bytes > maxBytes) throw storeUnavailable()
      reserved += bytes
      return () => void (reserved -= bytes)
    },
  }
}
