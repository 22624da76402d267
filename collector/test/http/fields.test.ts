import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { field, oneOf, orNull, parseFields, type Refine } from '../../src/http/fields.js'

const SCHEMA = Type.Object({
  kind: oneOf(['a', 'b'] as const),
  size: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
  note: Type.Optional(orNull(Type.String({ maxLength: 3 }))),
  even: Type.Optional(
    field<number>(Type.Integer(), {
      parse: (value) => (typeof value === 'number' && value % 2 === 0 ? value * 10 : undefined),
      reason: 'must be even',
    }),
  ),
})

describe('parseFields', () => {
  it('returns the parsed values of valid fields', () => {
    expect(parseFields(SCHEMA, { kind: 'a', note: null, even: 4 })).toEqual({
      fields: { kind: 'a', note: null, even: 40 },
      issues: [],
    })
  })

  it('lists every field issue in the order of the schema', () => {
    expect(parseFields(SCHEMA, { colour: 'red', even: 3, note: 'long', size: 0.5 })).toEqual({
      fields: {},
      issues: [
        { field: 'kind', reason: 'is missing: it must be one of a, b' },
        { field: 'size', reason: 'must be a whole number from 1 to 9' },
        { field: 'note', reason: 'must be a string of at most 3 characters, or null' },
        { field: 'even', reason: 'must be even' },
        { field: 'colour', reason: 'is unknown; allowed are kind, size, note, even' },
      ],
    })
  })

  it('converts text to numbers in a query string, but not in JSON', () => {
    expect(parseFields(SCHEMA, { kind: 'a', size: '5' }, { isText: true }).fields.size).toBe(5)
    expect(parseFields(SCHEMA, { kind: 'a', size: ['5', '6'] }, { isText: true }).issues).toEqual([
      { field: 'size', reason: 'must be given once' },
    ])
    expect(parseFields(SCHEMA, { kind: 'a', size: '5' }).issues).toHaveLength(1)
  })

  it('lists issues that concern several fields, but no second issue for an invalid field', () => {
    const refine: Refine<{ kind: 'a' | 'b'; size?: number }> = ({ kind, size }, addIssue) => {
      if (kind === 'b' && size === undefined) addIssue('size', 'is missing')
    }
    expect(parseFields(SCHEMA, { kind: 'b' }, { refine }).issues).toEqual([
      { field: 'size', reason: 'is missing' },
    ])
    expect(parseFields(SCHEMA, { kind: 'b', size: 10 }, { refine }).issues).toEqual([
      { field: 'size', reason: 'must be a whole number from 1 to 9' },
    ])
  })

  it('accepts unknown fields only if the schema allows them', () => {
    const open = Type.Object({}, { additionalProperties: true })
    expect(parseFields(open, { more: 1 })).toEqual({ fields: {}, issues: [] })
    for (const body of [null, [], 'x', 1])
      expect(parseFields(open, body).issues).toEqual([{ field: 'body', reason: 'must be a JSON object' }])
  })
})
