import type { TObject, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Fault } from '@zenovay/tracker/contract'
import { PROPERTY_PARAMETER } from '../../reports/filters.js'
import type { ApiRoute } from './route.js'

interface Input {
  params: unknown
  query: unknown
  body: unknown
}

interface ReadInput {
  params: Record<string, string>
  query: Record<string, unknown>
  body: Record<string, unknown>
  faults: Fault[]
}

/** Longest text of a parameter, in characters. */
export const MAX_TEXT_LENGTH = 2_048

const WHOLE_NUMBER = /^-?\d{1,15}$/

/** Reads the parameters of a request by the schemas of its route; what is wrong is listed, all of it, and left out. */
export function readInput(route: ApiRoute, input: Input): ReadInput {
  const faults: Fault[] = []
  const query = input.query as Record<string, unknown>
  const isProperty = (name: string) => route.takesProperties && PROPERTY_PARAMETER.test(name)
  return {
    params: readFields(route.params, input.params as Record<string, unknown>, faults) as Record<
      string,
      string
    >,
    query: {
      ...readFields(route.query, omit(query, isProperty), faults),
      ...readProperties(
        omit(query, (name) => !isProperty(name)),
        faults,
      ),
    },
    body: route.body ? readBody(route.body, input.body, faults) : {},
    faults,
  }
}

function readBody(schema: TObject, body: unknown, faults: Fault[]): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return readFields(schema, body as Record<string, unknown>, faults)
  faults.push({
    field: 'body',
    reason: `must be a JSON object with ${Object.keys(schema.properties).join(', ')}`,
  })
  return {}
}

function readFields(
  schema: TObject,
  given: Record<string, unknown>,
  faults: Fault[],
): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(given)) {
    const known = Object.hasOwn(schema.properties, field) ? schema.properties[field] : undefined
    if (!known) {
      const names = Object.keys(schema.properties)
      faults.push({
        field,
        reason:
          names.length > 0
            ? `is unknown; known are ${names.join(', ')}`
            : 'is unknown; there are no parameters',
      })
      continue
    }
    const read =
      known.type === 'integer' && typeof value === 'string' && WHOLE_NUMBER.test(value)
        ? Number(value)
        : value
    if (Value.Check(known, read)) fields[field] = read
    else faults.push({ field, reason: Array.isArray(value) ? 'must be given once' : describeAllowed(known) })
  }
  for (const field of schema.required ?? [])
    if (given[field] === undefined)
      faults.push({ field, reason: `is missing: it ${describeAllowed(schema.properties[field]!)}` })
  return fields
}

function readProperties(given: Record<string, unknown>, faults: Fault[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(given))
    if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) fields[field] = value
    else
      faults.push({
        field,
        reason: Array.isArray(value)
          ? 'must be given once'
          : `must be a string of at most ${MAX_TEXT_LENGTH} characters`,
      })
  return fields
}

/** What a schema allows, in words. */
function describeAllowed(schema: TSchema): string {
  const {
    type,
    const: only,
    anyOf,
    minimum,
    maximum,
    minLength,
    maxLength,
  } = schema as {
    type?: string
    const?: string
    anyOf?: { const: string }[]
    minimum?: number
    maximum?: number
    minLength?: number
    maxLength?: number
  }
  if (anyOf) return `must be one of ${anyOf.map(({ const: word }) => word).join(', ')}`
  if (only !== undefined) return `must be ${only}`
  if (type === 'integer') return `must be a whole number from ${minimum} to ${maximum}`
  return minLength
    ? `must be a string of ${minLength} to ${maxLength} characters`
    : `must be a string of at most ${maxLength} characters`
}

function omit(given: Record<string, unknown>, isOut: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !isOut(name)))
}
