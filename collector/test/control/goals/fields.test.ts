import { describe, expect, it } from 'vitest'
import { GOAL_CHANGES, NEW_GOAL, refineGoal, toGoalFields } from '../../../src/control/goals/fields.js'
import { parseFields } from '../../../src/http/fields.js'

const read = (body: unknown, isNew = true) => {
  const { fields, issues } = parseFields(isNew ? NEW_GOAL : GOAL_CHANGES, body, { refine: refineGoal })
  return { fields: issues.length > 0 ? {} : toGoalFields(fields), issues }
}
const NEW = { site_id: 'ws_1', name: 'Thanks' }
const faultsOf = (body: unknown, isNew = true) =>
  read(body, isNew)
    .issues.map(({ field }) => field)
    .sort()

describe('a new goal', () => {
  it.each([
    [
      { kind: 'path', path: '/thanks' },
      { kind: 'path', match: 'exact', path: '/thanks' },
    ],
    [
      { kind: 'path', match: 'prefix', path: '/blog/' },
      { kind: 'path', match: 'prefix', path: '/blog/' },
    ],
    [
      { kind: 'path', match: 'glob', path: '**/thanks' },
      { kind: 'path', match: 'glob', path: '**/thanks' },
    ],
    [
      { kind: 'event', event: 'signup' },
      { kind: 'event', event: 'signup' },
    ],
    [
      { kind: 'duration', seconds: 120 },
      { kind: 'duration', seconds: 120 },
    ],
  ])('parses the rule %j of a new goal', (fields, rule) => {
    expect(read({ ...NEW, ...fields, value: 2.5 })).toEqual({
      fields: { name: 'Thanks', rule, value: 2.5 },
      issues: [],
    })
    expect(read({ ...NEW, ...fields })).toEqual({
      fields: { name: 'Thanks', rule },
      issues: [],
    })
  })

  it('lists every missing, invalid or unknown field of a new goal', () => {
    expect(faultsOf({})).toEqual(['kind', 'name', 'site_id'])
    expect(faultsOf({ ...NEW, kind: 'path' })).toEqual(['path'])
    expect(
      faultsOf({
        name: '',
        site_id: 3,
        kind: 'path',
        match: 'regex',
        path: 'thanks',
        value: -1,
        colour: 'red',
      }),
    ).toEqual(['colour', 'match', 'name', 'path', 'site_id', 'value'])
    expect(faultsOf({ ...NEW, kind: 'event', event: '', path: '/x', seconds: 1 })).toEqual([
      'event',
      'path',
      'seconds',
    ])
    for (const body of [null, [], 'x', 3]) expect(faultsOf(body)).toEqual(['body'])
  })

  it('rejects a new goal if a value is outside its limits', () => {
    for (const seconds of [0, 1.5, -1, 86_401, '60', null])
      expect(faultsOf({ ...NEW, kind: 'duration', seconds })).toEqual(['seconds'])
    for (const event of ['x'.repeat(65), 3, null])
      expect(faultsOf({ ...NEW, kind: 'event', event })).toEqual(['event'])
    for (const path of ['', 'x', `/${'x'.repeat(500)}`, '/a\nb', 3])
      expect(faultsOf({ ...NEW, kind: 'path', path })).toEqual(['path'])
    for (const path of ['thanks/*', `/${'*x'.repeat(11)}`])
      expect(faultsOf({ ...NEW, kind: 'path', match: 'glob', path })).toEqual(['path'])
    for (const value of [-0.1, 1e10, '3', true])
      expect(faultsOf({ ...NEW, kind: 'path', path: '/', value })).toEqual(['value'])
  })
})

describe('an update of a goal', () => {
  it('parses only the given fields of a goal update', () => {
    expect(read({}, false)).toEqual({ fields: {}, issues: [] })
    expect(read({ name: 'New', value: null }, false)).toEqual({
      fields: { name: 'New', value: null },
      issues: [],
    })
    expect(read({ kind: 'event', event: 'order' }, false)).toEqual({
      fields: { rule: { kind: 'event', event: 'order' } },
      issues: [],
    })
  })

  it('replaces a goal rule as a whole, and rejects a change of the site', () => {
    expect(faultsOf({ path: '/x' }, false)).toEqual(['kind'])
    expect(faultsOf({ kind: 'duration' }, false)).toEqual(['seconds'])
    expect(faultsOf({ site_id: 'ws_2', name: '' }, false)).toEqual(['name', 'site_id'])
  })
})
