/**
 * Runs `use` on localStorage and gives its result; undefined when there is none to use.
 *
 * Blocked cookies make even `typeof localStorage` throw, a sandboxed frame throws SecurityError, a full
 * one throws on write, a WebView may have null. Whatever must outlast a failure is in memory, too.
 */
export const useStorage = <Result>(use: (storage: Storage) => Result): Result | undefined => {
  try {
    return use(localStorage)
  } catch {
    // Memory it is.
  }
  return
}
