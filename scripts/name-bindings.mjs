// Reads and writes the names of a minified script's bindings: brotli packs some choices much better than
// others.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'acorn'
import { analyze } from 'eslint-scope'
import MagicString from 'magic-string'
import { rewrite } from './rewrite.mjs'

/** Result of `npm run tune`. */
export const NAMES_FILE = new URL('names.json', import.meta.url)

const ECMA_VERSION = 2022

/**
 * A rollup plugin that gives the bindings of `z.js` the names and the order that `npm run tune` found for
 * exactly this script.
 */
export const nameBindings = () =>
  rewrite('name-bindings', ({ original: code }) => {
    const { script, names, order } = JSON.parse(readFileSync(NAMES_FILE, 'utf8'))
    return script === hashScript(code) && writeBindings(readBindings(code), names, order)
  })

/** Identifies a script. */
export const hashScript = (code) => createHash('sha256').update(code).digest('hex').slice(0, 16)

/**
 * Reads the freedom that a script of the form `(()=>{let a,b=…;…})()` leaves: the name of each binding, and
 * the order of the first declaration's declarators. `needs` lists pairs of declarators; the second reads the
 * first while it is initialised.
 */
export function readBindings(code) {
  const tree = parse(code, { ecmaVersion: ECMA_VERSION, ranges: true })
  const scopes = analyze(tree, { ecmaVersion: ECMA_VERSION }).scopes
  const bindings = scopes
    .flatMap((scope) => scope.variables)
    .filter(({ identifiers }) => identifiers.length > 0)
  const uses = bindings.map((binding) => [
    ...new Map(
      [...binding.identifiers, ...binding.references.map(({ identifier }) => identifier)].map(
        (identifier) => [identifier.range[0], identifier],
      ),
    ).values(),
  ])

  // Scopes between a binding and its uses: none of them may declare the same name.
  const reach = bindings.map(({ scope, references }) => {
    const reached = new Set([scope])
    for (const { from } of references) for (let at = from; at !== scope; at = at.upper) reached.add(at)
    return reached
  })
  const rivals = bindings.map((one, i) =>
    bindings.flatMap((other, j) =>
      i !== j && (reach[i].has(other.scope) || reach[j].has(one.scope)) ? [j] : [],
    ),
  )

  const slots = uses
    .flatMap((identifiers, binding) => identifiers.map(({ range: [from, to] }) => ({ from, to, binding })))
    .toSorted((a, b) => a.from - b.from)
  const [{ declarations }] = tree.body[0].expression.callee.body.body
  const needs = bindings.flatMap(({ identifiers: [own], references, scope }) => {
    const first = declarations.findIndex(({ id }) => id.range[0] === own.range[0])
    const readers = references
      .filter(({ from }) => from === scope)
      .map(({ identifier }) =>
        declarations.findIndex(
          ({ range }) => range[0] <= identifier.range[0] && identifier.range[1] <= range[1],
        ),
      )
    return first < 0
      ? []
      : readers.filter((second) => second >= 0 && second !== first).map((second) => [first, second])
  })
  return {
    code,
    slots,
    rivals,
    needs,
    names: bindings.map(({ name }) => name),
    declarators: declarations.map(({ range }) => range),
  }
}

/** Edits the script: these names for its bindings, and its first declaration in this order. */
export function writeBindings({ code, slots, declarators }, names, order) {
  const text = new MagicString(code)
  for (const { from, to, binding } of slots) text.update(from, to, names[binding])
  // Commas stay where they are: each declarator moves before the comma that ends its new place.
  for (const [place, declarator] of order.entries())
    if (declarator !== place) text.move(...declarators[declarator], declarators[place][1])
  return text
}
