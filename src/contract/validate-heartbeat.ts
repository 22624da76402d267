import type { Fault } from './error-codes.js'
import { isJsonObject, readText, readUrl, type Fields } from './read-fields.js'
import { MAX_ID_LENGTH, MIN_ID_LENGTH } from './limits.js'
import type { Heartbeat } from './wire.js'

export type HeartbeatResult = { ok: true; heartbeat: Heartbeat } | { ok: false; faults: Fault[] }

/** Validates the request body of a heartbeat. Accepts any parsed JSON value and never throws. */
export function validateHeartbeat(body: unknown): HeartbeatResult {
  if (!isJsonObject(body)) return { ok: false, faults: [{ field: 'body', reason: 'must be a JSON object' }] }
  const fields: Fields = { body, faults: [] }
  const session = readText(fields, 'session_id', { min: MIN_ID_LENGTH, max: MAX_ID_LENGTH, required: true })
  const visitor = readText(fields, 'visitor_id', { min: MIN_ID_LENGTH, max: MAX_ID_LENGTH })
  const url = readUrl(fields, 'url', false)
  if (session === undefined || fields.faults.length > 0) return { ok: false, faults: fields.faults }
  return {
    ok: true,
    heartbeat: { session_id: session, ...(visitor && { visitor_id: visitor }), ...(url && { url }) },
  }
}
