import { Type } from '@sinclair/typebox'
import { ATTEMPT_ERRORS } from '../egress/attempt-failure.js'
import { field, oneOf, orNull } from '../http/fields.js'
import { isWebhookEventName, WEBHOOK_EVENTS, type WebhookEventName } from './webhook.js'

const MAX_EVENTS_PER_WEBHOOK = 5
const MAX_DESCRIPTION_LENGTH = 500
const SHOWN_LENGTH = 100
const MAX_SHOWN_NAMES = 10
const EVENTS_RULE = 'events must be an array of event types'
const EVENT_ID = /^evt_[0-9a-f]{32}$/

/**
 * The URL of a webhook. Error messages include the field name, because one of the two webhook APIs returns
 * only the message.
 */
export const WEBHOOK_URL = field<string>(
  Type.String({ description: 'HTTPS, to a public address.', maxLength: 2_048 }),
  {
    parse: (value) => (typeof value === 'string' ? value : undefined),
    reason: 'URL must use HTTPS',
    missing: 'url is required',
  },
)

export const EVENT_TYPES = field<WebhookEventName[]>(
  Type.Array(oneOf(WEBHOOK_EVENTS), { minItems: 1, maxItems: MAX_EVENTS_PER_WEBHOOK }),
  { parse: parseEvents, missing: EVENTS_RULE },
)

export const DESCRIPTION = field<string>(Type.String({ maxLength: MAX_DESCRIPTION_LENGTH }), {
  parse: (value) =>
    value === null
      ? ''
      : typeof value === 'string' && value.length <= MAX_DESCRIPTION_LENGTH
        ? value
        : undefined,
  reason: `description must be a string of at most ${MAX_DESCRIPTION_LENGTH} characters`,
})

/** Why an attempt received no complete response. */
export const ATTEMPT_ERROR = orNull(
  oneOf(ATTEMPT_ERRORS),
  'Why there was no complete response: docs/webhooks.md. Null: there was one.',
)

/**
 * Fields that select the deliveries to replay: one delivery, or all deliveries that failed or were cancelled
 * since a time.
 */
export const REPLAY = {
  event_id: field<string>(Type.String({ description: 'ID of one delivery, evt_….' }), {
    parse: (value) => (typeof value === 'string' && EVENT_ID.test(value) ? value : undefined),
    reason: 'must be the ID of one delivery, such as evt_ and 32 hex digits',
  }),
  failed_since: field<number>(Type.String({ description: 'ISO 8601.' }), {
    parse: parseTime,
    reason: 'must be a time in ISO 8601',
  }),
}

function parseEvents(given: unknown, addIssue: (reason: string) => void): WebhookEventName[] | undefined {
  if (!Array.isArray(given)) return void addIssue(EVENTS_RULE)
  if (given.length === 0) return void addIssue('events must name at least one event type')
  const names = [...new Set<unknown>(given)]
  const unknown = names.filter((name) => !isWebhookEventName(name))
  for (const name of unknown.slice(0, MAX_SHOWN_NAMES))
    addIssue(
      `Invalid event type: ${(typeof name === 'string' ? name : JSON.stringify(name)).slice(0, SHOWN_LENGTH)}`,
    )
  if (names.length > MAX_EVENTS_PER_WEBHOOK)
    return void addIssue(`Maximum ${MAX_EVENTS_PER_WEBHOOK} event types per webhook`)
  return names as WebhookEventName[]
}

function parseTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN
  return Number.isNaN(time) ? undefined : time
}
