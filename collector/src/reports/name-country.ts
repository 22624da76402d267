const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** The English name of a country by its ISO 3166 code; null when there is none. */
export function nameCountry(code: string): string | null {
  return /^[A-Z]{2}$/.test(code) ? (NAMES.of(code) ?? null) : null
}
