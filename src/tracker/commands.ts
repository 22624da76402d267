import { MAX_EVENT_NAME_LENGTH } from '../contract/limits.js'
import type { EventType } from '../contract/wire.js'
import { cleanProperties } from './clean-properties.js'
import { renewIdentity } from './identity.js'
import type { Callback } from './outbox.js'
import { isRefused, readPrivacy } from './privacy.js'
import { send } from './send.js'
import type { OutgoingEvent } from './tracker-options.js'

/** The traits of a user, which may include the user's ID. */
export type Traits = Record<string, unknown> & { user_id?: string | number }

const sendWithProperties = (
  event_type: EventType,
  properties: Record<string, unknown> | undefined,
  fields?: OutgoingEvent,
  callback?: Callback,
): void => send({ event_type, properties: cleanProperties(properties), ...fields }, callback)

/** Settings of a single event. */
export interface EventSettings {
  /** Whether the visitor caused the event. Any other event does not end a bounce. @default true */
  interactive?: boolean
  callback?: Callback
}

/**
 * Sends a custom event or a goal. Throws if the name is empty, because the collector rejects such an event.
 */
export const track = (
  name: string,
  properties?: Record<string, unknown>,
  { interactive, callback }: EventSettings = {},
  type: 'custom' | 'goal' = 'custom',
): void => {
  if (!name.trim()) {
    callback?.(false)
    throw new Error('refused')
  }
  sendWithProperties(
    type,
    properties,
    { event_name: name.slice(0, MAX_EVENT_NAME_LENGTH), interactive },
    callback,
  )
}

/** Sends a goal conversion. The property `value` is the worth of the conversion. */
export const goal = (name: string, properties?: Record<string, unknown>, settings?: EventSettings): void =>
  track(name, properties, settings, 'goal')

/** Sends a revenue conversion. `amount` is in major units of the currency, such as dollars and not cents. */
export const revenue = (amount: number, currency = 'USD', properties?: Record<string, unknown>): void => {
  // Reject a string, because it would be sent as a string and counted as a conversion without an amount.
  if (!Number.isFinite(amount)) throw new Error('refused')
  sendWithProperties('revenue', { amount, currency, ...properties })
}

/**
 * Attributes this and later events to a user, and sends the user's traits. Does nothing if the visitor refuses
 * to be recognized.
 */
export const identify = (user: string | number | Traits, traits?: Traits): void => {
  if ((user as Traits).user_id) ({ user_id: user, ...traits } = user as Required<Traits>)
  const id = `${user as string}`
  // Reject an ID of more than 128 characters instead of truncating it, because truncated IDs could merge two
  // users. A bracket occurs in `[object Object]`, the text of an unsupported object. Commas separate the
  // values of the stored visitor state, and a semicolon ends a cookie.
  if (!/^[^[,;]{1,128}$/.test(id)) throw new Error('refused')
  readPrivacy()
  if (isRefused) return
  renewIdentity(id)
  sendWithProperties('identify', traits, { user_id: id })
}

/** Returns the visitor id, for payment metadata, or undefined when cookieless. */
export const getVisitorId = (): string | undefined => {
  readPrivacy()
  return renewIdentity().visitor_id
}
