// Newer engines take offsets such as +01:00 as well, which know no summer time.
const IANA_NAME = /^[a-z][a-z0-9_+/-]*$/i

/** The IANA time zone of a name, in its usual spelling; undefined when there is none. */
export function readTimeZone(name: string): string | undefined {
  if (!IANA_NAME.test(name)) return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    // An alias such as Asia/Kolkata may be resolved to an older name: then what was written is kept.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
  } catch {
    return undefined
  }
}
