/**
 * Runs `use` on localStorage and returns its result, or undefined if localStorage is not available.
 *
 * If cookies are blocked, even `typeof localStorage` throws. A sandboxed frame throws SecurityError, a full
 * storage throws on write, and in a WebView `localStorage` may be null. Callers therefore keep a copy of all
 * necessary data in memory.
 */
export const useStorage = <Result>(use: (storage: Storage) => Result): Result | undefined => {
  try {
    return use(localStorage)
  } catch {
    // Ignore the error, because callers keep a copy in memory.
  }
  return undefined
}
