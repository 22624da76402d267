/** A group of errors with the same fingerprint. Times are Unix times in milliseconds. */
export interface ErrorGroupRow {
  fingerprint: string
  message: string
  type: string
  occurrences: number
  users: number
  firstSeen: number
  lastSeen: number
}

/** An error of a group. Texts are empty, and numbers 0, if they are unknown. */
export interface ErrorOccurrence {
  /** Unix time in milliseconds. */
  occurredAt: number
  type: string
  message: string
  /** URL of the page, without query and hash. */
  url: string
  browser: string
  os: string
  deviceType: string
  country: string
  file: string
  line: number
  column: number
  /** The calls of the stack, innermost first, as `name@url:line:column`. */
  frames: string[]
  /** The error that caused this one, as `type: message`. */
  cause: string
  /** Whether the page reported the error itself. */
  handled: boolean
}

export interface NamedCount {
  name: string
  count: number
}

/** The errors of a group in a period: the newest ones, and the counts by day (YYYY-MM-DD), page and browser. */
export interface ErrorGroupDetails {
  group: ErrorGroupRow
  newest: ErrorOccurrence[]
  days: NamedCount[]
  pages: NamedCount[]
  browsers: NamedCount[]
}
