import { storeUnavailable } from '../errors.js'

/**
 * Limits the total size of all request bodies in memory. Memory for a body is reserved before the body is
 * read, and released after its request is answered.
 */
interface BodyBudget {
  /**
   * Reserves bytes and returns a function that releases them. Throws `STORE_UNAVAILABLE` if too few bytes are
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
