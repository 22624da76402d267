import type { Fault } from './error-codes.js'
import { MAX_URL_LENGTH } from './limits.js'

// Browsers and Node both have it, but this room compiles without either's lib.
declare const URL: new (url: string) => { protocol: string }

/** A body under validation, and all issues found in it so far: they are reported together. */
export interface Fields {
  body: Record<string, unknown>
  faults: Fault[]
}

/** Limits of a string, in UTF-16 units. */
export interface TextRule {
  min?: number
  max: number
  required?: boolean
  /** Cut a string that is too long instead of refusing it. */
  cut?: boolean
}

/** Whether a parsed JSON value is an object (not null, not an array). */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads a field; null counts as absent. */
export function readField({ body }: Fields, field: string): unknown {
  return Object.hasOwn(body, field) ? (body[field] ?? undefined) : undefined
}

export function readText(
  fields: Fields,
  field: string,
  { min = 0, max, required, cut }: TextRule,
): string | undefined {
  const value = readField(fields, field)
  if (value === undefined) return required ? addFault(fields, field, 'is missing') : undefined
  if (typeof value !== 'string') return addFault(fields, field, 'must be a string')
  if (value.length < min)
    return addFault(fields, field, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
  if (value.length > max && !cut) return addFault(fields, field, `must have at most ${max} characters`)
  return cutText(value, max)
}

/** Reads the absolute http(s) URL of a page. */
export function readUrl(fields: Fields, field: string, required: boolean): string | undefined {
  const value = readText(fields, field, { max: MAX_URL_LENGTH, required })
  return value === undefined || isHttpUrl(value)
    ? value
    : addFault(fields, field, 'must be an absolute http or https URL')
}

export function readFlag(fields: Fields, field: string): boolean | undefined {
  const value = readField(fields, field)
  return value === undefined || typeof value === 'boolean'
    ? value
    : addFault(fields, field, 'must be true or false')
}

/**
 * Reads a number of milliseconds, rounded and clamped to 0 … `max`, because a client's clock may be wrong.
 */
export function readDuration(fields: Fields, field: string, max: number): number | undefined {
  const value = readField(fields, field)
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value))
    return addFault(fields, field, 'must be a number of milliseconds')
  return Math.round(Math.min(Math.max(value, 0), max))
}

export function addFault({ faults }: Fields, field: string, reason: string): undefined {
  faults.push({ field, reason })
}

/**
 * Cuts a string to `max` UTF-16 units. Lone surrogates, which the cut or the sender may leave, become U+FFFD:
 * they have no UTF-8 form, and a store may refuse the whole batch because of one.
 */
export function cutText(value: string, max: number): string {
  return (value.length > max ? value.slice(0, max) : value).toWellFormed()
}

function isHttpUrl(value: string): boolean {
  try {
    return /^https?:$/.test(new URL(value).protocol)
  } catch {
    return false
  }
}
