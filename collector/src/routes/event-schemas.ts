import { type TSchema, Type } from '@sinclair/typebox'
import {
  EVENT_TYPES,
  MAX_AGE_MS,
  MAX_BATCH_EVENTS,
  MAX_EVENT_NAME_LENGTH,
  MAX_ID_LENGTH,
  MAX_PROPERTY_KEY_LENGTH,
  MAX_PROPERTY_VALUE_LENGTH,
  MAX_URL_LENGTH,
  MIN_ID_LENGTH,
} from '@zenovay/tracker/contract'
import { MOMENT } from '../http/api/route.js'
import { oneOf, orNull } from '../http/fields.js'

/** Null is as good as absent in every field of an event. */
const optional = (schema: TSchema) => Type.Optional(orNull(schema))
const text = (description?: string) => Type.String({ ...(description !== undefined && { description }) })
const filled = (description?: string) =>
  Type.String({ minLength: 1, ...(description !== undefined && { description }) })
const ID = { minLength: MIN_ID_LENGTH, maxLength: MAX_ID_LENGTH }
const URL_SCHEMA = Type.String({
  maxLength: MAX_URL_LENGTH,
  description: 'Absolute http(s) URL of the page.',
})
const SESSION_ID = Type.String(ID)
const VISITOR_ID = optional(Type.String(ID))

/** An event as a browser or a server sends it. `validateEvent` of the contract checks it; docs/wire.md has the rules. */
export const EVENT = Type.Object(
  {
    session_id: SESSION_ID,
    url: URL_SCHEMA,
    device_type: filled('Such as desktop, mobile, tablet or server; auto derives it from user_agent.'),
    browser: filled('Name or user agent token; auto derives it from user_agent.'),
    os: filled('Name or user agent token; auto derives it from user_agent.'),
    user_agent: filled('Used to detect bots and devices, never stored.'),
    visitor_id: VISITOR_ID,
    event_type: optional(oneOf(EVENT_TYPES, { default: 'pageview' })),
    event_name: optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_EVENT_NAME_LENGTH,
        description: 'Required for custom and goal.',
      }),
    ),
    properties: Type.Optional(
      Type.Union(
        [
          Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
          Type.Array(Type.Never(), { maxItems: 0 }),
          Type.Null(),
        ],
        {
          description: `A flat object. At most 30 keys of up to ${MAX_PROPERTY_KEY_LENGTH} characters; texts are cut to ${MAX_PROPERTY_VALUE_LENGTH}.`,
        },
      ),
    ),
    referrer: optional(text()),
    title: optional(text()),
    language: optional(text()),
    screen: optional(text('Width and height in CSS pixels, such as 1280x800.')),
    timezone: optional(text()),
    user_id: optional(Type.String({ minLength: 1, maxLength: MAX_ID_LENGTH })),
    event_id: optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ID_LENGTH,
        description: 'The same ID within 24 hours is acknowledged and not counted.',
      }),
    ),
    age_ms: optional(
      Type.Number({ description: `Time since the event happened; clamped to 0 … ${MAX_AGE_MS}.` }),
    ),
    cookieless: optional(Type.Boolean()),
    gpc: optional(Type.Boolean()),
    retry: optional(Type.Boolean()),
    interactive: optional(Type.Boolean({ description: 'False: does not end a bounce.' })),
  },
  { additionalProperties: true },
)

export const EVENT_EXAMPLE = {
  visitor_id: 'visitor-0001',
  session_id: 'session-0001',
  event_type: 'pageview',
  url: 'https://shop.example/',
  device_type: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}

/** The body of `POST /e/{code}`. */
export const EVENTS = Type.Union([EVENT, Type.Array(EVENT, { minItems: 1, maxItems: MAX_BATCH_EVENTS })])

export const HEARTBEAT = Type.Object(
  { session_id: SESSION_ID, visitor_id: VISITOR_ID, url: optional(URL_SCHEMA) },
  { additionalProperties: true },
)

export const WIRE_ERROR = Type.Object({
  code: Type.String(),
  message: Type.String(),
  timestamp: MOMENT,
  details: Type.Optional(Type.Array(Type.Object({ field: Type.String(), reason: Type.String() }))),
})

/** The response to events. Only the response to an array has `accepted` and `rejected`. */
export const INGEST_ANSWER = Type.Object({
  success: Type.Literal(true),
  accepted: Type.Optional(Type.Integer()),
  rejected: Type.Optional(Type.Array(Type.Object({ index: Type.Integer(), error: WIRE_ERROR }))),
})
