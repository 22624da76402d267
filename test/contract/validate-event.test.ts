import { ERROR_CODES, isDeeperThan, validateEvent } from '@zenovay/tracker/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  WIRE_FIXTURES,
  bodyText,
  isAccepted,
  type Accepted,
  type WireFixture,
} from '../support/wire-fixtures.js'

describe('wire fixtures', () => {
  it.each(WIRE_FIXTURES)('validates the wire fixture $name: $description', (fixture) => {
    const { expect: expected } = fixture
    if (isAccepted(expected)) return checkAccepted(fixture, expected)
    expect(ERROR_CODES[expected.code].status).toBe(expected.status)
    // Only the collector checks agents, origins, tracking codes, sizes and JSON syntax.
    if (!expected.details || expected.details[0]?.field === 'body') return
    expect(validateEvent(fixture.body)).toEqual({ ok: false, faults: expected.details })
  })

  function checkAccepted(fixture: WireFixture, expected: Accepted): void {
    const events = [JSON.parse(bodyText(fixture))].flat() as Record<string, unknown>[]
    const results = events.map((event) => validateEvent(event))
    const valid = results.flatMap((result) => (result.ok ? [result.event] : []))
    expect(valid).toHaveLength(expected.rows.length)
    for (const [index, event] of valid.entries()) {
      expect({ ...event }).toMatchObject({
        session_id: expected.rows[index]!['session_id'],
        properties: expected.rows[index]!['properties'],
      })
      expect(event.age_ms ?? 0).toBe(expected.ageMs ?? 0)
    }
    for (const { index, fields } of expected.rejected ?? []) {
      const result = results[index]!
      expect(result.ok ? [] : result.faults.map(({ field }) => field)).toEqual(fields)
    }
  }
})

describe('validateEvent', () => {
  it('cuts texts between characters, also those that their sender has cut in the middle of one', () => {
    const event = WIRE_FIXTURES.find(({ name }) => name === 'custom-event')!.body as object
    const letters = 'x'.repeat(499)
    for (const text of [`${letters}😀`, `${letters}😀`.slice(0, 500), `${letters}😀😀`])
      expect(validateEvent({ ...event, title: text, properties: { text } })).toMatchObject({
        event: { title: letters, properties: { text: letters } },
      })
    expect(validateEvent({ ...event, title: 'a\ud83d', properties: { text: '\ude00a' } })).toMatchObject({
      event: { title: 'a\ufffd', properties: { text: '\ufffda' } },
    })
  })

  it('validates any JSON value without throwing an error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = validateEvent(value)
        expect(result.ok || result.faults.length > 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('accepts true, false and nothing as interactive, and rejects any other value', () => {
    const event = WIRE_FIXTURES.find(({ name }) => name === 'custom-event')!.body as object
    const validate = (interactive: unknown) => validateEvent({ ...event, interactive })
    for (const interactive of [true, false, undefined])
      expect(validate(interactive)).toMatchObject({ ok: true, event: { interactive } })
    expect(validate(null)).toMatchObject({ ok: true, event: { interactive: undefined } })
    for (const other of ['false', 0, 1, '', [], {}])
      expect(validate(other)).toEqual({
        ok: false,
        faults: [{ field: 'interactive', reason: 'must be true or false' }],
      })
  })

  it('leaves out properties that are null, which do not count towards the maximum', () => {
    const event = WIRE_FIXTURES.find(({ name }) => name === 'custom-event')!.body as object
    const absent = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`absent_${index}`, null]))
    const result = validateEvent({ ...event, properties: { ...absent, plan: 'pro' } })
    expect(result).toMatchObject({ ok: true })
    expect(result.ok && result.event.properties).toEqual({ plan: 'pro' })
  })

  it('names the path of each nested value, of a bounded number and depth', () => {
    const event = WIRE_FIXTURES.find(({ name }) => name === 'custom-event')!.body as object
    const fieldsOf = (properties: unknown) => {
      const result = validateEvent({ ...event, properties })
      return result.ok ? [] : result.faults.map(({ field }) => field)
    }
    expect(fieldsOf({ a: { b: 1, c: { d: true } }, e: [1], f: {}, plan: 'pro' })).toEqual([
      'properties.e',
      'properties.f',
      'properties.a.b',
      'properties.a.c.d',
    ])
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key_${index}`, index]))
    expect(fieldsOf({ a: many, b: many })).toHaveLength(30)
    const circle: Record<string, unknown> = {}
    circle['a'] = circle
    expect(fieldsOf(circle)).toEqual([`properties${'.a'.repeat(6)}`])
  })

  it('does not pollute Object.prototype', () => {
    const body = JSON.parse('{"properties": {"__proto__": {"polluted": true}}}') as unknown
    const result = validateEvent(body)
    expect(result.ok).toBe(false)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('isDeeperThan', () => {
  it('counts the depth of arrays and objects, but ignores brackets inside strings', () => {
    expect(isDeeperThan('{"a":[{"b":[1]}]}', 4)).toBe(false)
    expect(isDeeperThan('{"a":[{"b":[1]}]}', 3)).toBe(true)
    expect(isDeeperThan('{"a":"[[[[[[{{{"}', 1)).toBe(false)
    expect(isDeeperThan('{"a":"\\"[[[["}', 1)).toBe(false)
  })

  it('returns true if and only if a value is nested deeper than the limit', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value)
        const depth = depthOf(value)
        expect(isDeeperThan(text, depth)).toBe(false)
        if (depth > 0) expect(isDeeperThan(text, depth - 1)).toBe(true)
      }),
    )
  })
})
