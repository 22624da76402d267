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

/** Adds an issue: a field, and the reason with the allowed values. */
export type AddIssue = (field: string, reason: string) => void

/**
 * Checks rules over several fields. Fields that are missing or invalid are left out; a second issue about one
 * of those is ignored.
 */
export type Refine<Fields> = (fields: Partial<Fields>, addIssue: AddIssue) => void

interface FieldRule<Parsed> {
  /**
   * The parsed value; undefined when it is invalid. It adds an issue for each reason, or none for the usual
   * one.
   */
  parse?(value: unknown, addIssue: (reason: string) => void): Parsed | undefined
  /** The requirement, as a sentence part such as "must be …". @default derived from the schema */
  reason?: string
  /** The reason for a missing field. @default derived from the reason */
  missing?: string
}

const RULE = Symbol('rule')

/**
 * A field with a rule beyond its schema. `parse` replaces the check of the schema, which then only documents
 * the field.
 */
export function field<Parsed>(schema: TSchema, rule: FieldRule<Parsed>): TUnsafe<Parsed> {
  return Type.Unsafe<Parsed>({ ...schema, [RULE]: rule })
}

/** Creates the schema of one of several words. */
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
// Names and paths are printed in tables, one per line.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

export const isOneLine = (text: string): boolean => !CONTROL_CHARACTER.test(text)

/** The end of an error message about an invalid name: `<field> must be …`. */
export const NAME_RULE = `must be a string of 1 to ${MAX_NAME_LENGTH} characters on one line`

/** The name of a site, key, goal or account, trimmed; undefined when it is invalid. */
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
  /** Whether values are text, as in a URL, where `5` is a number. @default false */
  isText?: boolean
}

// Field names come from the client: responses repeat at most this many characters of them.
const SHOWN_NAME_LENGTH = 100
const WHOLE_NUMBER = /^-?\d{1,15}$/

/**
 * Parses fields by their schema. `issues` lists everything that is missing, invalid or unknown, in the order
 * of the schema; `fields` has the valid values.
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

/** Describes the allowed values of a schema. */
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
