import { MAX_PROPERTIES, MAX_PROPERTY_KEY_LENGTH, MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import type { Properties } from '../contract/wire.js'
import { warn } from './warn.js'

/**
 * Returns the properties that the collector accepts. Truncates long strings and logs a warning for each
 * property that is dropped.
 */
export const cleanProperties = (properties?: Record<string, unknown>): Properties => {
  const clean: Properties = {}
  for (const key in properties) {
    const value = properties[key]
    if (
      key &&
      key.length <= MAX_PROPERTY_KEY_LENGTH &&
      Object.keys(clean).length < MAX_PROPERTIES &&
      (/string|boolean/.test(typeof value) || Number.isFinite(value))
    )
      clean[key] =
        typeof value === 'string' ? value.slice(0, MAX_PROPERTY_VALUE_LENGTH) : (value as number | boolean)
    else warn(key, 'dropped: ' + typeof value)
  }
  return clean
}
