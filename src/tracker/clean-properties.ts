import { MAX_PROPERTIES, MAX_PROPERTY_KEY_LENGTH, MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import type { Properties } from '../contract/wire.js'
import { warn } from './warn.js'

/** The properties that the wire takes, long texts cut; of each other one it warns. */
export const cleanProperties = (properties?: Record<string, unknown>): Properties => {
  const clean: Properties = {}
  for (const key in properties) {
    const value = properties[key] as string
    // Of what `typeof` gives, only string and boolean match.
    if (
      key &&
      !key[MAX_PROPERTY_KEY_LENGTH] &&
      !Object.keys(clean)[MAX_PROPERTIES - 1] &&
      (/str|boo/.test(typeof value) || Number.isFinite(value))
    )
      clean[key] = value.slice?.(0, MAX_PROPERTY_VALUE_LENGTH) || value
    else warn(key, 'dropped: ' + typeof value)
  }
  return clean
}
