/**
 * Runs `use` on localStorage and returns its result, or undefined when there is no usable storage.
 *
 * Blocked cookies make even `typeof localStorage` throw, a sandboxed frame throws SecurityError, a full
 * storage throws on write, and a WebView may have null. Everything that must survive such a failure is in
 * memory, too.
 */
export const useStorage = <Result>(use: (storage: Storage) => Result): Result | undefined => {
  try {
    return use(localStorage)
  } catch {
    // Ignored: callers keep a copy in memory.
  }
  return undefined
}
