import { expect } from 'vitest'

/** Expects every item to match, and at least one item: an empty list would prove nothing. */
export function expectEvery<Item>(list: Iterable<Item>, matches: (item: Item) => boolean): void {
  const items = [...list]
  expect(items.length, 'number of items to check').toBeGreaterThan(0)
  expect(items.filter((item) => !matches(item))).toEqual([])
}
