import type { Properties } from '@zenovay/tracker/contract'

// Where 64 bits with a sign end.
const LARGEST_INTEGER = 2 ** 63
const MAY_BE_LARGE = /\d{19}/

/**
 * The JSON of an event's properties, as it is stored.
 *
 * The engine gives up on a text with an integer beyond 64 bits, such as the 100000000000000000000 that JavaScript writes, and
 * finds no other property of the event either. With an exponent it is the same number.
 */
export function writeProperties(properties: Properties): string {
  const json = JSON.stringify(properties)
  if (!MAY_BE_LARGE.test(json)) return json
  const entries = Object.entries(properties).map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${isLarge(value) ? value.toExponential() : JSON.stringify(value)}`,
  )
  return `{${entries.join(',')}}`
}

function isLarge(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) >= LARGEST_INTEGER
}
