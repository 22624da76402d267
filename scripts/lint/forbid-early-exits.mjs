const SECRET = '/secret|signature|digest|hash|token|password|hmac|apikey/i'
// Against nothing, an empty text or a number there is nothing to be found out.
const HARMLESS = [
  'right.type="Literal"',
  'left.type="Literal"',
  'right.name=/^undefined$/',
  'left.name=/^undefined$/',
]
const named = ['left', 'right'].flatMap((side) =>
  [
    'name',
    'property.name',
    'callee.name',
    'callee.property.name',
    'callee.object.name',
    'callee.object.callee.name',
  ].map((path) => `[${side}.${path}=${SECRET}]`),
)
const message =
  'A comparison that ends at the first difference leaks its position by timing: hash both and use timingSafeEqual.'

/**
 * Options of `no-restricted-syntax`: secrets, and values derived from them, are not compared by code that
 * ends early.
 */
export const FORBID_EARLY_EXITS = [
  {
    selector: `BinaryExpression[operator=/^(=|!)==?$/]:matches(${named.join(', ')})${HARMLESS.map((condition) => `:not([${condition}])`).join('')}`,
    message,
  },
  {
    selector: `CallExpression[callee.property.name=/^(equals|compare|localeCompare)$/]:matches([callee.object.name=${SECRET}], [callee.object.property.name=${SECRET}], [callee.object.name="Buffer"])`,
    message,
  },
]
