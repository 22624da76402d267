import { ApiError } from '../../errors.js'
import { isUnavailable } from './dialect.js'

const RETRY_AFTER_S = 5

/**
 * Wraps a store so that it rejects with `STORE_UNAVAILABLE` when the disk is full or the file unusable;
 * clients then keep and resend their events.
 */
export function guardStore<Store extends object>(store: Store): Store {
  const guard =
    (method: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      try {
        return await method(...args)
      } catch (error) {
        if (isUnavailable(error))
          throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause: error })
        throw error
      }
    }
  return Object.fromEntries(
    Object.entries(store).map(([name, method]) => [name, guard(method as never)]),
  ) as unknown as Store
}
