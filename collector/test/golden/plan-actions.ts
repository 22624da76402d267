import type { Properties } from '@zenovay/tracker/contract'
import type { Random } from './create-random.js'
import { MINUTE_MS } from './golden-month.js'
import { HOSTILE_TEXTS, LONG_TEXT } from './hostile-texts.js'
import type { VisitBuilder } from './plan-visit.js'

const EVENT_NAMES = ['add to cart', 'search', 'play', 'share', 'signup', ...HOSTILE_TEXTS]
const GOAL_NAMES = ['signup', 'order', 'contact', HOSTILE_TEXTS[0]]
const CURRENCIES = ['USD', 'EUR', 'CHF', 'JPY']
const PLANS = ['free', 'pro', 'scale', ...HOSTILE_TEXTS, LONG_TEXT, '', '42', 'true']
// Numbers that serializers write differently: exponents, 0.1 + 0.2, and values beyond 32 or 64 bits.
const NUMBERS = [
  1,
  2,
  3,
  42,
  -1,
  0,
  0.1 + 0.2,
  19.9,
  1e21,
  1e-7,
  2 ** 53,
  4_294_967_296.5,
  123456789012345680000,
]
const KEYS = ['plan', 'plan', 'plan', 'size', 'über 🛒', "it's", 'a.b', 'a[b]', '%_']

/** Error messages that differ only in numbers and ids are one kind. */
export const ERROR_KINDS: readonly { type: string; message: (random: Random) => string }[] = [
  { type: 'TypeError', message: (random) => `Cannot read item ${random.whole(1, 99_999)} of the list` },
  { type: 'RangeError', message: (random) => `Cannot read item ${random.whole(1, 99_999)} of the list` },
  { type: 'Error', message: (random) => `Order ${makeUuid(random)} was refused` },
  { type: 'NetworkError', message: () => 'Failed to fetch' },
  { type: 'Error', message: () => HOSTILE_TEXTS[0] },
  { type: 'Error', message: () => HOSTILE_TEXTS[1] },
  { type: '🛒', message: () => HOSTILE_TEXTS[4] },
]

/** Adds actions of a visitor on a page: at least one event of any type except a pageview. */
export function planActions(random: Random, visit: VisitBuilder): void {
  for (let count = random.whole(1, 3); count > 0; count--) {
    visit.wait(1 + random.next() * MINUTE_MS)
    planAction(random, visit)
  }
}

function planAction(random: Random, visit: VisitBuilder): void {
  const chance = random.next()
  const isInteractive = random.chance(0.7)
  if (chance < 0.45)
    visit.add('custom', {
      name: random.pickEarly(EVENT_NAMES),
      properties: planProperties(random),
      isInteractive,
    })
  else if (chance < 0.58)
    visit.add('goal', {
      name: random.pick(GOAL_NAMES),
      properties: random.chance(0.5) ? { value: random.whole(1, 500) } : planProperties(random),
      isInteractive,
    })
  else if (chance < 0.68)
    visit.add('revenue', {
      properties: {
        amount: random.whole(1, 30_000) / 100,
        currency: random.pickEarly(CURRENCIES),
        plan: random.pick(PLANS),
      },
      isInteractive,
    })
  else if (chance < 0.73) visit.add('identify', { properties: { plan: random.pick(PLANS) }, isInteractive })
  else if (chance < 0.83) planError(random, visit)
  else
    visit.add(random.chance(0.5) ? 'engagement' : 'performance', {
      properties: { seconds: random.whole(1, 60) },
      isInteractive,
    })
}

function planError(random: Random, visit: VisitBuilder): void {
  const errorKind = Math.floor(random.next() ** 2 * ERROR_KINDS.length)
  const { type, message } = ERROR_KINDS[errorKind]!
  visit.add('error', { errorKind, properties: { type, message: message(random) } })
}

function planProperties(random: Random): Properties {
  const properties: Properties = {}
  for (let count = random.whole(0, 3); count > 0; count--)
    properties[random.pick(KEYS)] = random.chance(0.5)
      ? random.pickEarly(PLANS)
      : random.chance(0.7)
        ? random.pickEarly(NUMBERS)
        : random.chance(0.5)
  return properties
}

function makeUuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.whole(0, 15).toString(16)).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
