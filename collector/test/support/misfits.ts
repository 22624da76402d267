import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** A schema that allows no additional fields. */
function close(schema: TSchema): TSchema {
  if (Array.isArray(schema)) return schema.map((part: TSchema) => close(part)) as unknown as TSchema
  if (typeof schema !== 'object' || schema === null) return schema
  // Copies descriptors, because a schema stores its kind under symbols.
  const closed = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema)) as Record<
    string,
    unknown
  >
  for (const [name, part] of Object.entries(schema)) closed[name] = close(part as TSchema)
  if (schema.type === 'object') closed['additionalProperties'] = false
  return closed as TSchema
}

/** Differences between a value and its schema: fields of another type, missing fields, additional fields. */
export const misfits = (schema: TSchema, value: unknown) =>
  [...Value.Errors(close(schema), value)].map(({ path, message }) => `${path}: ${message}`)
