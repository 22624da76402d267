import { isDeeperThan, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from '@zenovay/tracker/contract'
import secureJsonParse from 'secure-json-parse'
import { validationError } from '../errors.js'

/** The events parsed from a request body, and whether the body was a JSON array. */
export interface Decoded {
  events: unknown[]
  isBatch: boolean
}

/**
 * Parses a JSON request body. Throws `VALIDATION_ERROR` if the text is not valid JSON or is nested too
 * deeply.
 */
export function decodeJson(text: string): unknown {
  // Check the depth before parsing, because JSON that is nested a thousand levels deep would overflow the
  // stack in a later `JSON.stringify`.
  if (isDeeperThan(text, MAX_JSON_DEPTH))
    throw validationError('body', `must not nest deeper than ${MAX_JSON_DEPTH}`)
  try {
    return mayReachPrototype(text)
      ? secureJsonParse.parse(text, { protoAction: 'error', constructorAction: 'error' })
      : JSON.parse(text)
  } catch {
    throw validationError('body', 'is not valid JSON')
  }
}

/**
 * Checks whether a JSON text may contain a key that could modify a prototype, such as `__proto__`. This
 * search is faster than `secure-json-parse`, and few texts match.
 */
function mayReachPrototype(text: string): boolean {
  return text.includes('\\u') || text.includes('__proto__') || text.includes('constructor')
}

/**
 * Parses a request body of the ingest endpoint, which contains one event or an array of 1 to 30 events.
 * Throws `VALIDATION_ERROR` for any other body.
 */
export function parseEvents(text: string): Decoded {
  const body = decodeJson(text)
  if (!Array.isArray(body)) return { events: [body], isBatch: false }
  if (body.length === 0 || body.length > MAX_BATCH_EVENTS)
    throw validationError('body', `must be one event, or an array of 1 to ${MAX_BATCH_EVENTS}`)
  return { events: body, isBatch: true }
}
