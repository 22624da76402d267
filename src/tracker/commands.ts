import { MAX_EVENT_NAME_LENGTH } from '../contract/limits.js'
import type { EventType } from '../contract/wire.js'
import { cleanProperties } from './clean-properties.js'
import { renewIdentity } from './identity.js'
import type { OutgoingEvent } from './outbox.js'
import { send } from './send.js'

/** Traits of a user, with or without its id. */
export type Traits = Record<string, unknown> & { user_id?: string | number }

const sendWithProperties = (
  event_type: EventType,
  properties: Record<string, unknown> | undefined,
  fields?: OutgoingEvent,
): void => send({ event_type, properties: cleanProperties(properties), ...fields })

/** Sends a custom event, or another type of event that has a name. The collector refuses an empty name. */
export const track = (
  name: string,
  properties?: Record<string, unknown>,
  type: 'custom' | 'goal' = 'custom',
): void => {
  if (!name.trim()) throw new Error('refused')
  sendWithProperties(type, properties, { event_name: name.slice(0, MAX_EVENT_NAME_LENGTH) })
}

/** Sends a goal conversion; its property `value` is the conversion's worth. */
export const goal = (name: string, properties?: Record<string, unknown>): void =>
  track(name, properties, 'goal')

/** Sends a revenue conversion, in major units of the currency. */
export const revenue = (amount: number, currency = 'USD', properties?: Record<string, unknown>): void => {
  // An amount that is a string would be sent as one, and counted as a conversion without an amount.
  if (!Number.isFinite(amount)) throw new Error('refused')
  sendWithProperties('revenue', { amount, currency, ...properties })
}

/** Attributes this and later events to a user, and sends the user's traits. */
export const identify = (user: string | number | Traits, traits?: Traits): void => {
  if ((user as Traits).user_id) ({ user_id: user, ...traits } = user as Required<Traits>)
  const id = `${user as string}`
  // Refused and not cut at MAX_ID_LENGTH, because a cut id would merge users. A bracket begins "[object
  // Object]", a comma ends a value of the visitor state, a semicolon ends the cookie.
  if (!/^[^[,;]{1,128}$/.test(id)) throw new Error('refused')
  sendWithProperties('identify', traits, { user_id: id })
}

/** Returns the visitor id, for payment metadata, or undefined when cookieless. */
export const getVisitorId = (): string | undefined => renewIdentity().visitor_id
