import { MAX_PROPERTIES, MAX_PROPERTY_KEY_LENGTH, MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import type { Properties } from '../contract/wire.js'
import { warn } from './warn.js'

/** Returns the properties that the collector accepts. Warns about each one that is dropped or cut. */
export const cleanProperties = (properties?: Record<string, unknown>): Properties => {
  const clean: Properties = {}
  for (const key in properties) {
    const value = properties[key]
    if (
      !key ||
      key.length > MAX_PROPERTY_KEY_LENGTH ||
      Object.keys(clean).length >= MAX_PROPERTIES ||
      !(/string|boolean/.test(typeof value) || Number.isFinite(value))
    )
      warn(key, 'dropped: ' + typeof value)
    else {
      clean[key] =
        typeof value === 'string' ? value.slice(0, MAX_PROPERTY_VALUE_LENGTH) : (value as number | boolean)
      if (clean[key] !== value) warn(key, 'cut to ' + MAX_PROPERTY_VALUE_LENGTH)
    }
  }
  return clean
}
