// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages, openTrackedPage } from './open-page.js'

let warnings: unknown[][]

beforeEach(() => {
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text))
})
afterEach(closePages)

async function track(...calls: [name: string, properties?: object][]) {
  const page = await openTrackedPage({ dataset: { auto: 'false' } })
  for (const call of calls) page.track(...call)
  await page.settle()
  return page.posts.flat()
}

test('sends strings, finite numbers and booleans unchanged', async () => {
  const properties = { plan: 'pro', empty: '', seats: 3, zero: 0, negative: -1.5, trial: false, paid: true }
  const [event] = await track(['signup', properties])

  expect(event).toMatchObject({ event_type: 'custom', event_name: 'signup' })
  expect(event!['properties']).toEqual(properties)
  expect(warnings).toEqual([])
})

test('drops property values of other types and warns once for each key', async () => {
  const properties = {
    basket: {},
    list: ['a'],
    at: new Date(),
    nothing: null,
    missing: undefined,
    nan: NaN,
    endless: -Infinity,
    call: () => 1,
    mark: Symbol('s'),
    big: 1n,
    bare: Object.create(null) as object,
    plan: 'pro',
  }
  const [first, second] = await track(['signup', properties], ['signup', properties])

  expect(first!['properties']).toEqual({ plan: 'pro' })
  expect(second!['properties']).toEqual({ plan: 'pro' })
  expect(warnings.map((text) => text.join(' '))).toEqual([
    'zenovay: basket dropped: object',
    'zenovay: list dropped: object',
    'zenovay: at dropped: object',
    'zenovay: nothing dropped: object',
    'zenovay: missing dropped: undefined',
    'zenovay: nan dropped: number',
    'zenovay: endless dropped: number',
    'zenovay: call dropped: function',
    'zenovay: mark dropped: symbol',
    'zenovay: big dropped: bigint',
    'zenovay: bare dropped: object',
  ])
})

test('truncates long strings and sends an empty object if no properties are given', async () => {
  const [named, valued, bare] = await track(
    ['n'.repeat(70)],
    ['signup', { note: 'v'.repeat(600) }],
    ['signup'],
  )

  expect(named!['event_name']).toBe('n'.repeat(64))
  expect(valued!['properties']).toEqual({ note: 'v'.repeat(500) })
  expect(bare!['properties']).toEqual({})
})

test('sends at most 30 properties with keys of at most 40 characters', async () => {
  const many = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`key${index}`, index]))
  const [first, second] = await track(['many', many], ['long', { ['k'.repeat(40)]: 1, ['l'.repeat(41)]: 2 }])

  expect(Object.keys(first!['properties'] as object)).toHaveLength(30)
  expect(first!['properties']).not.toHaveProperty('key30')
  expect(second!['properties']).toEqual({ ['k'.repeat(40)]: 1 })
  expect(warnings.map((text) => text[1])).toEqual(['key30', 'l'.repeat(41)])
})

test('does not count dropped values toward the property limit', async () => {
  const many = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`key${index}`, index || null]))
  const [event] = await track(['many', many])

  expect(Object.keys(event!['properties'] as object)).toHaveLength(30)
})

test('warns about an invalid call without throwing', async () => {
  const page = await openTrackedPage({ dataset: { auto: 'false' } })
  expect(() => page.run('track')).not.toThrow()
  expect(() => page.run('track', 5)).not.toThrow()
  expect(() => page.run('teleport')).not.toThrow()
  expect(() => page.run('teleport')).not.toThrow()
  await page.settle()

  expect(warnings.map((text) => text[1])).toEqual(['track', 'track', 'teleport'])
  expect(page.posts).toEqual([])
})
