import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** A schema that allows no field it does not name. */
function close(schema: TSchema): TSchema {
  if (Array.isArray(schema)) return schema.map((part: TSchema) => close(part)) as unknown as TSchema
  if (typeof schema !== 'object' || schema === null) return schema
  // By descriptor: what a schema is, it says in symbols.
  const closed = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema)) as Record<
    string,
    unknown
  >
  for (const [name, part] of Object.entries(schema)) closed[name] = close(part as TSchema)
  if (schema.type === 'object') closed['additionalProperties'] = false
  return closed as TSchema
}

/** What of a value is not as its schema describes it: a field of another type, one that is missing, or one more. */
export const misfits = (schema: TSchema, value: unknown) =>
  [...Value.Errors(close(schema), value)].map(({ path, message }) => `${path}: ${message}`)
