import { MAX_EVENT_NAME_LENGTH, MAX_PROPERTIES, MAX_PROPERTY_KEY_LENGTH, MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import type { Properties } from '../contract/wire.js'
import { send } from './send.js'
import { warn } from './warn.js'

/** Sends a custom event with the properties that the wire takes, long texts cut, and warns of each other one. */
export const track = (name: string, properties?: Record<string, unknown>): void => {
  let count = 0
  const clean: Properties = {}
  for (const key in properties) {
    const value = properties[key] as string
    if (!key[MAX_PROPERTY_KEY_LENGTH] && (/string|boolean/.test(typeof value) || Number.isFinite(value)) && count++ < MAX_PROPERTIES) clean[key] = value.slice?.(0, MAX_PROPERTY_VALUE_LENGTH) || value
    else warn(key, 'dropped: ' + typeof value)
  }
  send({ event_type: 'custom', event_name: name.slice(0, MAX_EVENT_NAME_LENGTH), properties: clean })
}
