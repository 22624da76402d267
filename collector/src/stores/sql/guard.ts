import { ApiError } from '../../errors.js'

// What the disk does, or another process: not what we asked.
const AWAY = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB)/
const RETRY_AFTER_S = 5

/** The same store of the control data, but it rejects with `STORE_UNAVAILABLE` when the disk is full or the file cannot be used, so that clients keep what they sent. */
export function guardControlStore<Store extends object>(store: Store): Store {
  const guard =
    (method: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      try {
        return await method(...args)
      } catch (error) {
        if (AWAY.test(String((error as { code?: unknown }).code)))
          throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause: error })
        throw error
      }
    }
  return Object.fromEntries(
    Object.entries(store).map(([name, method]) => [name, guard(method as never)]),
  ) as unknown as Store
}
