import {
  type Static,
  type TLiteral,
  type TObject,
  type TSchema,
  type TUnion,
  type TUnsafe,
  Type,
} from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Fault } from '@zenovay/tracker/contract'

/** Adds a validation issue for a field. The reason describes the allowed values. */
export type AddIssue = (field: string, reason: string) => void

/**
 * Checks rules that involve several fields. `fields` contains only the valid fields. A further issue for a
 * missing or invalid field is ignored.
 */
export type Refine<Fields> = (fields: Partial<Fields>, addIssue: AddIssue) => void

interface FieldRule<Parsed> {
  /**
   * Returns the parsed value, or undefined if the value is invalid. Calls `addIssue` for each reason. If it
   * never calls `addIssue`, the default `reason` is reported.
   */
  parse?(value: unknown, addIssue: (reason: string) => void): Parsed | undefined
  /** The requirement as a part of a sentence, such as "must be …". @default derived from the schema */
  reason?: string
  /** The reason that is reported if the field is missing. @default derived from `reason` */
  missing?: string
}

const RULE = Symbol('rule')

/**
 * Creates a field schema with an additional rule. If the rule includes `parse`, that function validates the
 * field and the schema only documents it.
 */
export function field<Parsed>(schema: TSchema, rule: FieldRule<Parsed>): TUnsafe<Parsed> {
  return Type.Unsafe<Parsed>({ ...schema, [RULE]: rule })
}

/** Creates the schema of a string that must be one of the given words. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  options: Record<string, unknown> = {},
): TUnion<TLiteral<Word>[]> {
  return Type.Union(
    words.map((word) => Type.Literal(word)),
    options,
  )
}

export const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(
  schema: Schema,
  description?: string,
) => Type.Union([schema, Type.Null()], description === undefined ? {} : { description })

const MAX_NAME_LENGTH = 100
// Control characters are rejected because names and paths are printed in tables, one per line.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

export const isOneLine = (text: string): boolean => !CONTROL_CHARACTER.test(text)

/** The end of the error message for an invalid name, which has the form `<field> must be …`. */
export const NAME_RULE = `must be a string of 1 to ${MAX_NAME_LENGTH} characters on one line`

/** Returns the trimmed name of a site, API key, goal or account, or undefined if the name is invalid. */
export function parseName(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.trim() : ''
  return name && name.length <= MAX_NAME_LENGTH && isOneLine(name) ? name : undefined
}

export const NAME = field<string>(Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH }), {
  parse: parseName,
  reason: NAME_RULE,
})

export const SITE_ID = field<string>(Type.String({ description: 'ID of a site, such as ws_abc123.' }), {
  parse: (value) => (typeof value === 'string' ? value : undefined),
  reason: 'must be the ID of one site',
})

interface ParseOptions<Fields> {
  refine?: Refine<Fields> | undefined
  /** Whether values are text from a URL, so that integer fields parse `5` as a number. @default false */
  isText?: boolean
}

// Maximum length of a field name in an error response, in characters. Longer names are cut because field
// names come from the client.
const SHOWN_NAME_LENGTH = 100
const WHOLE_NUMBER = /^-?\d{1,15}$/

/**
 * Parses the fields of an object with a schema. The returned `fields` contains the valid values. The returned
 * `issues` lists every missing, invalid or unknown field, in the order of the schema.
 */
export function parseFields<Schema extends TObject>(
  schema: Schema,
  given: unknown,
  { refine, isText = false }: ParseOptions<Static<Schema>> = {},
): { fields: Partial<Static<Schema>>; issues: Fault[] } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { fields: {}, issues: [{ field: 'body', reason: 'must be a JSON object' }] }
  const fields: Record<string, unknown> = {}
  const issues: Fault[] = []
  const addIssue: AddIssue = (name, reason) =>
    void issues.push({ field: name.slice(0, SHOWN_NAME_LENGTH), reason })
  const names = Object.keys(schema.properties)

  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    if (known) {
      const isNumber =
        isText && known.type === 'integer' && typeof value === 'string' && WHOLE_NUMBER.test(value)
      const parsed = parseField(known, isNumber ? Number(value) : value, (reason) =>
        addIssue(name, isText && Array.isArray(value) ? 'must be given once' : reason),
      )
      if (parsed !== undefined) fields[name] = parsed
    } else if (schema.additionalProperties !== true)
      addIssue(
        name,
        names.length > 0
          ? `is unknown; allowed are ${names.join(', ')}`
          : 'is unknown; there are no parameters',
      )
  }
  for (const name of schema.required ?? [])
    if ((given as Record<string, unknown>)[name] === undefined)
      addIssue(name, describeMissing(schema.properties[name]!))

  const invalid = new Set(issues.map((issue) => issue.field))
  refine?.(fields, (name, reason) => {
    if (!invalid.has(name)) addIssue(name, reason)
  })
  const rankOf = (name: string) => (names.includes(name) ? names.indexOf(name) : names.length)
  return {
    fields: fields,
    issues: issues.sort((a, b) => rankOf(a.field) - rankOf(b.field)),
  }
}

function parseField(schema: TSchema, value: unknown, addIssue: (reason: string) => void): unknown {
  const { parse, reason } = ruleOf(schema)
  let issues = 0
  const parsed = parse
    ? parse(value, (detail) => {
        issues++
        addIssue(detail)
      })
    : Value.Check(schema, value)
      ? value
      : undefined
  if (parsed === undefined && issues === 0) addIssue(reason ?? describeAllowed(schema))
  return issues === 0 ? parsed : undefined
}

function ruleOf(schema: TSchema): FieldRule<unknown> {
  return (schema as { [RULE]?: FieldRule<unknown> })[RULE] ?? {}
}

function describeMissing(schema: TSchema): string {
  const { missing, reason } = ruleOf(schema)
  return missing ?? `is missing: it ${reason ?? describeAllowed(schema)}`
}

interface Bounds {
  type?: string
  const?: string | boolean
  anyOf?: (TSchema & { const?: string })[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

/** Returns a phrase that describes the values a schema allows, such as `must be a number`. */
function describeAllowed(schema: TSchema): string {
  const { type, const: only, anyOf, minimum, maximum, minLength, maxLength } = schema as Bounds
  if (anyOf) {
    const parts = anyOf.filter((part) => part.type !== 'null')
    return parts.length < anyOf.length
      ? `${describeAllowed(parts[0]!)}, or null`
      : `must be one of ${parts.map((part) => part.const).join(', ')}`
  }
  if (only !== undefined) return `must be ${only}`
  switch (type) {
    case 'integer':
    case 'number': {
      const kind = type === 'integer' ? 'a whole number' : 'a number'
      return minimum === undefined ? `must be ${kind}` : `must be ${kind} from ${minimum} to ${maximum}`
    }
    case 'boolean':
      return 'must be true or false'
    case 'string':
      if (maxLength === undefined) return 'must be a string'
      return minLength
        ? `must be a string of ${minLength} to ${maxLength} characters`
        : `must be a string of at most ${maxLength} characters`
    default:
      return type === 'array' ? 'must be an array' : 'must be a JSON object'
  }
}
