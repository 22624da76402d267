import { isDeeperThan, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from '@zenovay/tracker/contract'
import secureJsonParse from 'secure-json-parse'
import { ApiError } from '../errors.js'

/** The events of a body, and whether they came as an array. */
export interface Decoded {
  events: unknown[]
  isBatch: boolean
}

/** Parses one JSON body. Throws `VALIDATION_ERROR` when it is not JSON or nests too deep. */
export function decodeJson(text: string): unknown {
  // Before anything parses it: what is nested a thousand deep overflows the stack of whoever serialises it again.
  if (isDeeperThan(text, MAX_JSON_DEPTH)) throw refuse(`must not nest deeper than ${MAX_JSON_DEPTH}`)
  try {
    return mayReachPrototype(text)
      ? secureJsonParse.parse(text, { protoAction: 'error', constructorAction: 'error' })
      : JSON.parse(text)
  } catch {
    throw refuse('is not valid JSON')
  }
}

/** Whether a text may have a key that reaches a prototype. Hardly any has, and a search costs less than parsing with care. */
function mayReachPrototype(text: string): boolean {
  return text.includes('\\u') || text.includes('__proto__') || text.includes('constructor')
}

/** Splits a body of the ingest endpoint into its events, 1 to 30. */
export function parseEvents(text: string): Decoded {
  const body = decodeJson(text)
  if (!Array.isArray(body)) return { events: [body], isBatch: false }
  if (body.length === 0 || body.length > MAX_BATCH_EVENTS)
    throw refuse(`must be one event, or an array of 1 to ${MAX_BATCH_EVENTS}`)
  return { events: body, isBatch: true }
}

function refuse(reason: string): ApiError {
  return new ApiError('VALIDATION_ERROR', { details: [{ field: 'body', reason }] })
}
