import type { Fault } from '../contract/error-codes.js'

/**
 * Thrown when a part of the toolkit is created with options that are not valid. The message and `faults` list every one of
 * them.
 *
 * @example
 * import { createServerTracker, OptionsError } from '@zenovay/tracker/server'
 * try {
 *   createServerTracker({ trackingCode: '', apiUrl: 'ftp://stats.example' })
 * } catch (error) {
 *   if (error instanceof OptionsError) console.error(error.faults) // [{ field: 'trackingCode', … }, { field: 'apiUrl', … }]
 * }
 */
export class OptionsError extends TypeError {
  override readonly name = 'OptionsError'
  /** Each option that is not valid, and what it must be. */
  readonly faults: Fault[]

  constructor(name: string, faults: Fault[]) {
    super(`${name}: ${faults.map(({ field, reason }) => `${field} ${reason}`).join(' · ')}`)
    this.faults = faults
  }
}

/** What is wrong with an option, or undefined. */
export type Reason = string | undefined

/**
 * Throws an {@link OptionsError} if an option has a reason. `name` is the function that was called, `reasons` are given by
 * the name of the option.
 */
export function checkOptions(name: string, reasons: Record<string, Reason>): void {
  const faults = Object.entries(reasons).flatMap(([field, reason]) => (reason ? [{ field, reason }] : []))
  if (faults.length > 0) throw new OptionsError(name, faults)
}

/** Checks the base URL of a collector. */
export function checkBaseUrl(value: unknown): Reason {
  const reason = 'must be an http(s) URL without credentials, query and fragment'
  try {
    const { protocol, username, password, search, hash } = new URL(value as string)
    return typeof value === 'string' && /^https?:$/.test(protocol) && !(username + password + search + hash)
      ? undefined
      : reason
  } catch {
    return reason
  }
}

/** Checks a number of an optional option, `min` to `max`. */
export function checkNumber(value: unknown, min: number, max: number): Reason {
  return value === undefined || (typeof value === 'number' && value >= min && value <= max)
    ? undefined
    : `must be a number from ${min} to ${max}`
}

/** Checks a function of an optional option. */
export function checkFunction(value: unknown): Reason {
  return value === undefined || typeof value === 'function' ? undefined : 'must be a function'
}

/** Checks a text that goes into a header: visible ASCII characters. */
export function checkHeaderText(value: unknown): Reason {
  return value === undefined || (typeof value === 'string' && /^[\x20-\x7e]*\S[\x20-\x7e]*$/.test(value))
    ? undefined
    : 'must be a text of visible ASCII characters'
}
