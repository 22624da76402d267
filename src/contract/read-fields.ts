import type { Fault } from './error-codes.js'
import { MAX_URL_LENGTH } from './limits.js'

// Browsers and Node.js both provide `URL`, but this folder is compiled without the type library of either.
declare const URL: new (url: string) => { protocol: string }

/**
 * The request body that is being validated, and the issues found so far. All issues are reported together.
 */
export interface Fields {
  body: Record<string, unknown>
  faults: Fault[]
}

/** Rules for a string. Lengths are in UTF-16 code units. */
export interface TextRule {
  min?: number
  max: number
  required?: boolean
  /** Whether to cut a string that is too long instead of rejecting it. */
  cut?: boolean
}

/** Whether a parsed JSON value is an object, and not null or an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the value of a field, or undefined if the field is missing or null. */
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

/** Reads the absolute http(s) URL of a page. Adds an issue if the value is anything else. */
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
 * Reads a number of milliseconds and rounds it. Values outside of 0 … `max` are clamped instead of rejected,
 * because the clock of a client may be wrong.
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

// The first half of a character whose second half was cut off.
const HALF_CHARACTER = /[\ud800-\udbff]$/

/**
 * Cuts a string to at most `max` UTF-16 code units, between characters: also a string that its sender cut to this
 * length. Replaces other lone surrogates with U+FFFD, because a single lone surrogate could make a store reject a
 * whole batch.
 */
export function cutText(value: string, max: number): string {
  const text = value.length < max ? value : value.slice(0, max).replace(HALF_CHARACTER, '')
  return text.toWellFormed()
}

function isHttpUrl(value: string): boolean {
  try {
    return /^https?:$/.test(new URL(value).protocol)
  } catch {
    return false
  }
}
