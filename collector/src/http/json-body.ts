import { isDeeperThan, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from '@zenovay/tracker/contract'
import secureJsonParse from 'secure-json-parse'
import { validationError } from '../errors.js'

/** The events of a body, and whether it was an array. */
export interface Decoded {
  events: unknown[]
  isBatch: boolean
}

/** Parses one JSON body. Throws `VALIDATION_ERROR` when it is not JSON or nests too deep. */
export function decodeJson(text: string): unknown {
  // The depth is checked before parsing: JSON nested a thousand levels deep overflows the stack of a later
  // JSON.stringify.
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
 * Whether a text may have a key that reaches a prototype. This search is cheaper than the careful parser, and
 * few texts match.
 */
function mayReachPrototype(text: string): boolean {
  return text.includes('\\u') || text.includes('__proto__') || text.includes('constructor')
}

/** Splits a body of the ingest endpoint into its events, 1 to 30. */
export function parseEvents(text: string): Decoded {
  const body = decodeJson(text)
  if (!Array.isArray(body)) return { events: [body], isBatch: false }
  if (body.length === 0 || body.length > MAX_BATCH_EVENTS)
    throw validationError('body', `must be one event, or an array of 1 to ${MAX_BATCH_EVENTS}`)
  return { events: body, isBatch: true }
}
