import type { EventType } from '../contract/wire.js'
import { cleanProperties } from './clean-properties.js'
import type { OutgoingEvent } from './outbox.js'
import { send } from './send.js'

/** Sends an event of a type with properties. */
export const sendWith = (
  event_type: EventType,
  properties: Record<string, unknown> | undefined,
  event?: OutgoingEvent,
): void => send({ event_type, properties: cleanProperties(properties), ...event })
