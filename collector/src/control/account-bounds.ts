import { type ApiError, validationError } from '../errors.js'

/**
 * Maximum number of sites of an account that were created with API keys. The command line may create more, because
 * the operator uses it.
 */
export const MAX_SITES_OF_ACCOUNT = 500

/**
 * Maximum number of API keys of an account that were created with API keys. The command line may create more.
 */
export const MAX_KEYS_OF_ACCOUNT = 200

/** Maximum number of open streams of an account on one collector, which has 1,000 for all accounts. */
export const MAX_STREAMS_OF_ACCOUNT = 100

/** Returns the error for an account that has the maximum number of `things`, such as `sites`. */
export function boundReached(things: string, max: number): ApiError {
  return validationError('account', `has ${max} ${things} already, which is the most that an account may have`)
}
