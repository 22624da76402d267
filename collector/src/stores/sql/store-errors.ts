import { storeUnavailable } from '../../errors.js'
import { isUnavailable } from './dialect.js'

/**
 * Wraps a store so that its methods reject with `STORE_UNAVAILABLE` if the disk is full or the database file
 * cannot be used. Clients then keep their events and send them again.
 */
export function mapStoreErrors<Store extends object>(store: Store): Store {
  const guard =
    (method: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      try {
        return await method(...args)
      } catch (error) {
        if (isUnavailable(error)) throw storeUnavailable({ cause: error })
        throw error
      }
    }
  return Object.fromEntries(
    Object.entries(store).map(([name, method]) => [name, guard(method as never)]),
  ) as unknown as Store
}
