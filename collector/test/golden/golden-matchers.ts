/** A matcher of rounded numbers, for `toEqual`. */
interface Matcher {
  asymmetricMatch(actual: unknown): boolean
  toAsymmetricMatcher(): string
}

// For doubles that were summed in a different order.
const TOLERANCE = 1e-6

/** Matches `exact` rounded to `places`; a half may be rounded either way. Null matches only itself. */
export function rounded(exact: number | null, places = 1): Matcher | null {
  if (exact === null) return null
  const unit = 10 ** -places
  return {
    asymmetricMatch: (actual) =>
      typeof actual === 'number' &&
      Math.abs(actual - exact) <= unit / 2 + TOLERANCE &&
      Math.abs(actual / unit - Math.round(actual / unit)) < TOLERANCE,
    toAsymmetricMatcher: () => `${exact} rounded to ${places} places`,
  }
}

/** Matches an amount rounded to the digits of its currency. Of the currencies of the golden month, only JPY has none. */
export const amount = (exact: number, currency: string) => rounded(exact, currency === 'JPY' ? 0 : 2)
