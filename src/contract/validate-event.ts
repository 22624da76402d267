import type { Fault } from './error-codes.js'
import {
  addFault,
  isJsonObject,
  readDuration,
  readFlag,
  readText,
  readUrl,
  type Fields,
  type TextRule,
} from './read-fields.js'
import { checkCaptured } from './read-captured.js'
import { readProperties } from './read-properties.js'
import {
  MAX_AGE_MS,
  MAX_EVENT_NAME_LENGTH,
  MAX_ID_LENGTH,
  MAX_LABEL_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_URL_LENGTH,
  MAX_USER_AGENT_LENGTH,
  MIN_ID_LENGTH,
} from './limits.js'
import { EVENT_TYPES, type EventType, type ValidEvent } from './wire.js'

export type EventResult = { ok: true; event: ValidEvent } | { ok: false; faults: Fault[] }

const SESSION: TextRule = { min: MIN_ID_LENGTH, max: MAX_ID_LENGTH, required: true }
const VISITOR: TextRule = { min: MIN_ID_LENGTH, max: MAX_ID_LENGTH }
const OTHER_ID: TextRule = { min: 1, max: MAX_ID_LENGTH }
const USER_AGENT: TextRule = { min: 1, max: MAX_USER_AGENT_LENGTH, required: true, cut: true }
const REQUIRED_LABEL: TextRule = { min: 1, max: MAX_LABEL_LENGTH, required: true, cut: true }
const LABEL: TextRule = { max: MAX_LABEL_LENGTH, cut: true }
const NAME: TextRule = { min: 1, max: MAX_EVENT_NAME_LENGTH }
const REQUIRED_NAME: TextRule = { ...NAME, required: true }
const REFERRER: TextRule = { max: MAX_URL_LENGTH, cut: true }
const TITLE: TextRule = { max: MAX_TITLE_LENGTH, cut: true }

/**
 * Validates one event of an ingest request and fills in default values.
 *
 * Accepts any parsed JSON value and never throws. Unknown fields are dropped. Titles, referrers, property
 * values and labels are cut to their maximum length. IDs and names that are too long are rejected, because
 * the IDs of two users could be identical after cutting.
 *
 * @example
 * import { validateEvent } from '@zenovay/tracker/contract'
 * const result = validateEvent(JSON.parse('{"url":"https://example.com/"}'))
 * if (!result.ok) console.log(result.faults) // [{ field: 'session_id', reason: 'is missing' }, …]
 */
export function validateEvent(body: unknown): EventResult {
  if (!isJsonObject(body))
    return { ok: false, faults: [{ field: 'body', reason: 'must be a JSON object, or an array of them' }] }
  const fields: Fields = { body, faults: [] }
  const type = readType(fields)
  const event = {
    session_id: readText(fields, 'session_id', SESSION),
    url: readUrl(fields, 'url', true),
    device_type: readText(fields, 'device_type', REQUIRED_LABEL),
    browser: readText(fields, 'browser', REQUIRED_LABEL),
    os: readText(fields, 'os', REQUIRED_LABEL),
    user_agent: readText(fields, 'user_agent', USER_AGENT),
    visitor_id: readText(fields, 'visitor_id', VISITOR),
    event_type: type,
    event_name: readText(fields, 'event_name', type === 'custom' || type === 'goal' ? REQUIRED_NAME : NAME),
    properties: checkCaptured(fields, type, readProperties(fields)),
    referrer: readText(fields, 'referrer', REFERRER),
    title: readText(fields, 'title', TITLE),
    language: readText(fields, 'language', LABEL),
    screen: readText(fields, 'screen', LABEL),
    timezone: readText(fields, 'timezone', LABEL),
    user_id: readText(fields, 'user_id', OTHER_ID),
    event_id: readText(fields, 'event_id', OTHER_ID),
    age_ms: readDuration(fields, 'age_ms', MAX_AGE_MS),
    cookieless: readFlag(fields, 'cookieless'),
    gpc: readFlag(fields, 'gpc'),
    retry: readFlag(fields, 'retry'),
    interactive: readFlag(fields, 'interactive'),
    shared_id: readFlag(fields, 'shared_id'),
  }
  if (fields.faults.length > 0) return { ok: false, faults: fields.faults }
  return { ok: true, event: event as ValidEvent }
}

function readType(fields: Fields): EventType {
  const value = readText(fields, 'event_type', LABEL) ?? 'pageview'
  if (!(EVENT_TYPES as readonly string[]).includes(value))
    addFault(fields, 'event_type', `must be one of ${EVENT_TYPES.join(', ')}`)
  return value as EventType
}
