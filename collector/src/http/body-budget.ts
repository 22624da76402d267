import { storeUnavailable } from '../errors.js'

/**
 * Limits the total size of all request bodies in memory. Memory for a body is reserved before the body is
 * read, and released after its request is answered.
 */
interface BodyBudget {
  /**
   * Reserves bytes for an account and returns a function that releases them. Throws `STORE_UNAVAILABLE` if too few
   * bytes are left, for all accounts or for this one.
   */
  reserve(accountId: string, bytes: number): () => void
}

interface BodyBudgetLimits {
  /** Maximum number of bytes of all accounts together. */
  maxBytes: number
  /** Maximum number of bytes of one account, so that no account can reserve the memory of all others. */
  maxBytesPerAccount: number
}

export function createBodyBudget({ maxBytes, maxBytesPerAccount }: BodyBudgetLimits): BodyBudget {
  const reservedBy = new Map<string, number>()
  let reserved = 0
  return {
    reserve(accountId, bytes) {
      const ofAccount = reservedBy.get(accountId) ?? 0
      if (reserved + bytes > maxBytes || ofAccount + bytes > maxBytesPerAccount) throw storeUnavailable()
      reserved += bytes
      reservedBy.set(accountId, ofAccount + bytes)
      return () => {
        reserved -= bytes
        const left = reservedBy.get(accountId)! - bytes
        if (left > 0) reservedBy.set(accountId, left)
        else reservedBy.delete(accountId)
      }
    },
  }
}
