import {
  MAX_JSON_DEPTH,
  MAX_PROPERTIES,
  MAX_PROPERTY_KEY_LENGTH,
  MAX_PROPERTY_VALUE_LENGTH,
} from './limits.js'
import { addFault, cutText, isJsonObject, readField, type Fields } from './read-fields.js'
import type { Properties } from './wire.js'

/**
 * Reads the properties of an event. Properties that are null are left out, as if they were absent. Adds an issue
 * for each invalid key and value. For an object as a value, there is an issue for each of its values, with its
 * path, such as `properties.a.b`.
 */
export function readProperties(fields: Fields): Properties {
  const value = readField(fields, 'properties')
  const properties: Properties = {}
  // PHP encodes an empty associative array as [], so treat an empty array as an empty object.
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return properties
  if (!isJsonObject(value)) {
    addFault(fields, 'properties', 'must be a flat object')
    return properties
  }
  const entries = Object.entries(value).filter(([, entry]) => entry !== null)
  if (entries.length > MAX_PROPERTIES)
    addFault(fields, 'properties', `must have at most ${MAX_PROPERTIES} keys`)
  const nested: string[] = []
  for (const [key, entry] of entries.slice(0, MAX_PROPERTIES)) {
    const field = pathOf('properties', key)
    if (key === '' || key === '__proto__' || key.length > MAX_PROPERTY_KEY_LENGTH)
      addFault(
        fields,
        field,
        `is not a valid key: 1 to ${MAX_PROPERTY_KEY_LENGTH} characters, and not __proto__`,
      )
    else if (typeof entry === 'string')
      properties[key.toWellFormed()] = cutText(entry, MAX_PROPERTY_VALUE_LENGTH)
    else if (typeof entry === 'boolean' || (typeof entry === 'number' && Number.isFinite(entry)))
      properties[key.toWellFormed()] = entry
    else if (hasEntries(entry)) listPaths(entry, field, nested)
    else addFault(fields, field, 'must be a string, a finite number or a boolean')
  }
  for (const field of nested)
    addFault(fields, field, 'must not be nested: properties is a flat object, so use a key such as a_b')
  return properties
}

/**
 * Adds the paths of all values in a nested object to `paths`, up to `MAX_PROPERTIES` of them: the object comes
 * from outside, and could have thousands. A caller of the package can pass an object that contains itself, so the
 * depth is limited as well.
 */
function listPaths(value: Record<string, unknown>, path: string, paths: string[], depth = 1): void {
  for (const [key, entry] of Object.entries(value)) {
    if (paths.length >= MAX_PROPERTIES) return
    const field = pathOf(path, key)
    if (hasEntries(entry) && depth < MAX_JSON_DEPTH) listPaths(entry, field, paths, depth + 1)
    else paths.push(field)
  }
}

function hasEntries(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && Object.keys(value).length > 0
}

function pathOf(parent: string, key: string): string {
  return `${parent}.${cutText(key, MAX_PROPERTY_KEY_LENGTH)}`
}
