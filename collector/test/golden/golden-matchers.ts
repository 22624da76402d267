/** The matchers of figures that were rounded, for `toEqual`. */
interface Matcher {
  asymmetricMatch(actual: unknown): boolean
  toAsymmetricMatcher(): string
}

// Of doubles that were added up in another order.
const TOLERANCE = 1e-6

/** A figure that is `exact`, rounded to so many places; which way a half goes is not told. */
export function rounded(exact: number, places = 1): Matcher {
  const unit = 10 ** -places
  return {
    asymmetricMatch: (actual) =>
      typeof actual === 'number' &&
      Math.abs(actual - exact) <= unit / 2 + TOLERANCE &&
      Math.abs(actual / unit - Math.round(actual / unit)) < TOLERANCE,
    toAsymmetricMatcher: () => `${exact} rounded to ${places} places`,
  }
}

/** A sum of amounts with two places. */
export function amount(exact: number): Matcher {
  return {
    asymmetricMatch: (actual) => typeof actual === 'number' && Math.abs(actual - exact) < 0.005,
    toAsymmetricMatcher: () => `the amount ${exact}`,
  }
}
