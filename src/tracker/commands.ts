import { MAX_EVENT_NAME_LENGTH } from '../contract/limits.js'
import type { EventType } from '../contract/wire.js'
import { cleanProperties } from './clean-properties.js'
import { renewIdentity } from './identity.js'
import type { OutgoingEvent } from './outbox.js'
import { send } from './send.js'

/** The traits of a user, which may include the user's ID. */
export type Traits = Record<string, unknown> & { user_id?: string | number }

const sendWithProperties = (
  event_type: EventType,
  properties: Record<string, unknown> | undefined,
  fields?: OutgoingEvent,
): void => send({ event_type, properties: cleanProperties(properties), ...fields })

/**
 * Sends a custom event or a goal. Throws if the name is empty, because the collector rejects such an event.
 */
export const track = (
  name: string,
  properties?: Record<string, unknown>,
  type: 'custom' | 'goal' = 'custom',
): void => {
  if (!name.trim()) throw new Error('refused')
  sendWithProperties(type, properties, { event_name: name.slice(0, MAX_EVENT_NAME_LENGTH) })
}

/** Sends a goal conversion. The property `value` is the worth of the conversion. */
export const goal = (name: string, properties?: Record<string, unknown>): void =>
  track(name, properties, 'goal')

/** Sends a revenue conversion. `amount` is in major units of the currency, such as dollars and not cents. */
export const revenue = (amount: number, currency = 'USD', properties?: Record<string, unknown>): void => {
  // Reject a string, because it would be sent as a string and counted as a conversion without an amount.
  if (!Number.isFinite(amount)) throw new Error('refused')
  sendWithProperties('revenue', { amount, currency, ...properties })
}

/** Assigns this and all later events to a user, and sends the user's traits as properties. */
export const identify = (user: string | number | Traits, traits?: Traits): void => {
  if ((user as Traits).user_id) ({ user_id: user, ...traits } = user as Required<Traits>)
  const id = `${user as string}`
  // Reject an ID of more than 128 characters instead of truncating it, because truncated IDs could merge two
  // users. A bracket occurs in `[object Object]`, the text of an unsupported object. Commas separate the
  // values of the stored visitor state, and a semicolon ends a cookie.
  if (!/^[^[,;]{1,128}$/.test(id)) throw new Error('refused')
  sendWithProperties('identify', traits, { user_id: id })
}

/** Returns the visitor ID, for example for payment metadata. Returns undefined in cookieless mode. */
export const getVisitorId = (): string | undefined => renewIdentity().visitor_id
