const seen: Record<string, boolean> = {}

/** Warns the page's developer in the console, once for each text. Never throws. */
export const warn = (subject: unknown, problem: unknown): void => {
  try {
    const text = `${subject} ${problem}`
    if (!seen[text]) console.warn('zenovay:', subject, problem)
    seen[text] = true
  } catch {
    // The console of this page does not work.
  }
}

/**
 * Wraps a function that is called by the page or the browser. The wrapped function never throws: it logs one
 * warning instead. The page may have replaced or removed any function that the tracker calls.
 */
export const guard =
  <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
  (...args: Args): Result | undefined => {
    try {
      return work(...args)
    } catch (error) {
      warn(args[0], error)
    }
    return undefined
  }
