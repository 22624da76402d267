// Rewrites plain code into shorter code that does the same. terser does what is safe for any program; these
// steps rely on the types of ours, which test/package/shorten.test.ts checks: it also compares both forms.
import { parse } from 'acorn'
import { analyze } from 'eslint-scope'
import MagicString from 'magic-string'
import { rewrite } from './rewrite.mjs'

const SYNTAX = { ecmaVersion: 2022, sourceType: 'module', ranges: true }

/** Rollup plugins that shorten a module before it is minified. */
export const shorten = () =>
  [
    compareLoosely,
    testByIndex,
    mapForEach,
    dropNew,
    dropConversion,
    inlineHelper,
    turnLocalsIntoParameters,
  ].map((step) => rewrite(step.name, (module) => editNodes(module, step)))

/** Applies a step to code. */
export const applyStep = (code, step) => editNodes(new MagicString(code), step).toString()

/** Applies a step to every node. A step returns edits `{ start, end, text }` of the code. */
function editNodes(module, step) {
  const code = module.original
  const tree = parse(code, SYNTAX)
  const manager = analyze(tree, SYNTAX)
  const edits = linkNodes(tree).flatMap((node) => step(node, { code, manager }) ?? [])
  for (const { start, end, text } of edits)
    if (start === end) module.prependLeft(start, text)
    else module.update(start, end, text)
  return module
}

/** Gives every node its parent, and returns them all. */
function linkNodes(node, parent) {
  const children = Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string')
  Object.defineProperty(node, 'parent', { value: parent })
  return [node, ...children.flatMap((child) => linkNodes(child, node))]
}

/** `a === 'text'` → `a == 'text'`: unless `a` is an object, a string that is no number equals only itself. */
export function compareLoosely({ left, right, operator }, { code }) {
  if (operator !== '===' && operator !== '!==') return
  if (![left, right].some(({ value }) => typeof value === 'string' && Number.isNaN(Number(value)))) return
  const start = code.indexOf(operator, left.end)
  return [{ start, end: start + 3, text: operator.slice(0, 2) }]
}

/**
 * In a condition, `a.length > 5` → `a[5]`: true for strings, and for lists of objects or of strings none of which is empty.
 */
export function testByIndex(node, { code }) {
  const { type, left, right, operator, start, end } = node
  if (type !== 'BinaryExpression' || left.property?.name !== 'length' || !isCondition(node)) return
  const limit = code.slice(right.start, right.end)
  const isZero = right.value === 0
  const [not, index] =
    {
      '>': ['', limit],
      '<=': ['!', limit],
      '>=': ['', `(${limit}) - 1`],
      '<': ['!', `(${limit}) - 1`],
      '===': isZero && ['!', 0],
      '!==': isZero && ['', 0],
    }[operator] || []
  if (index === undefined) return
  return [
    { start, end: start, text: not },
    { start: left.object.end, end, text: `[${index}]` },
  ]
}

const isCondition = (node) =>
  node.parent.type === 'LogicalExpression' && node.parent.operator !== '??'
    ? isCondition(node.parent)
    : node.parent.test === node || node.parent.operator === '!'

/** `array.forEach(f)` → `array.map(f)`, where the result is not used. */
export function mapForEach({ type, expression }) {
  const call = expression?.type === 'ChainExpression' ? expression.expression : expression
  const name = call?.callee?.property
  if (type !== 'ExpressionStatement' || name?.name !== 'forEach') return
  return [{ start: name.start, end: name.end, text: 'map' }]
}

/** `new Error(a)` → `Error(a)`: functions of the language that construct without `new`, too. */
export function dropNew({ type, start, callee, arguments: [argument] = [] }) {
  if (type !== 'NewExpression' || !['Error', 'RegExp'].includes(callee.name)) return
  // RegExp(pattern) returns a given pattern that is an object.
  if (!['Literal', 'TemplateLiteral'].includes(argument?.type)) return
  return [{ start, end: callee.start, text: '' }]
}

/**
 * Drops a conversion where the language converts by itself: in `regExp.test(String(a))`, `new
 * URL(location.href)`, `Number(a) % b`.
 */
export function dropConversion(node) {
  const { type, callee, operator, left, right } = node
  if (type === 'CallExpression' && callee.property?.name === 'test' && callee.object.regex)
    return unwrap(node.arguments[0], 'String')
  if (type === 'BinaryExpression' && ['-', '%'].includes(operator))
    return [left, right].flatMap((operand) => unwrap(operand, 'Number'))
  if (type === 'NewExpression' && callee.name === 'URL')
    return node.arguments
      .flatMap((argument) => [argument, argument.left, argument.right])
      .filter((part) => part?.object?.name === 'location' && part.property.name === 'href')
      .map(({ object, end }) => ({ start: object.end, end, text: '' }))
}

const unwrap = ({ start, end, callee, arguments: [argument] = [] }, name) =>
  callee?.name === name
    ? [
        { start, end: argument.start, text: '' },
        { start: argument.end, end, text: '' },
      ]
    : []

/**
 * `(a) => { const b = f(a); … }` → `(a, b) => { b = f(a); … }`, which needs no keyword and lets terser write
 * one expression.
 *
 * Each local is assigned before it is read, so that further arguments of a caller change nothing.
 */
export function turnLocalsIntoParameters(node, { code, manager }) {
  const { type, params, body } = node
  if (type !== 'ArrowFunctionExpression' || params.some((param) => param.type === 'RestElement')) return
  const declarations = linkNodesOf(body).filter((inner) => inner.type === 'VariableDeclaration')
  const locals = declarations.flatMap((declaration) => manager.getDeclaredVariables(declaration))
  const names = new Set(locals.map(({ name }) => name))
  const scopes = manager.scopes.filter(({ variableScope }) => variableScope.block === node)
  const declared = scopes.flatMap(({ variables }) => variables.map(({ name }) => name))
  const isRead = (param) => linkNodesOf(param).some(({ name }) => names.has(name))
  if (
    locals.length === 0 ||
    declared.length > new Set(declared).size ||
    params.some(isRead) ||
    !declarations.every(isMovable) ||
    locals.some(isCapturedInLoop)
  )
    return
  const [head] = params.length > 0 ? [params.at(-1).end] : [code.indexOf('(', node.start) + 1]
  return [
    { start: head, end: head, text: `${params.length > 0 ? ', ' : ''}${[...names].join(', ')}` },
    ...declarations.map(({ start, declarations: [first] }) => ({ start, end: first.start, text: '' })),
  ]
}

/** Nodes below this one, up to the next function. */
const linkNodesOf = (node) => [
  node,
  ...Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string' && !/Function/.test(value.type))
    .flatMap(linkNodesOf),
]

const isMovable = ({ parent, declarations }) =>
  declarations.every(({ id, init }) => id.type === 'Identifier' && (init || /^For(In|Of)/.test(parent.type)))

/** Each turn of a loop has its own variable, which a function may keep. */
const isCapturedInLoop = ({ defs: [{ parent }], scope, references }) =>
  references.some(({ from }) => from.variableScope !== scope.variableScope) && isInLoop(parent)

const isInLoop = ({ type, parent }) =>
  /^(For|While|DoWhile)/.test(type) || (!/Function/.test(type) && isInLoop(parent))

// A longer expression costs more where it is repeated than a call does.
const MAX_INLINE_LENGTH = 90

/**
 * `const f = (a) => a + 1; f(b)` → `(b + 1)`: brotli packs the repeated expression better than a function and
 * its calls.
 */
export function inlineHelper({ type, kind, declarations, start, end }, { code, manager }) {
  const [{ id, init }, ...others] = declarations ?? [{}]
  if (type !== 'VariableDeclaration' || kind !== 'const' || others.length > 0) return
  if (init?.type !== 'ArrowFunctionExpression' || init.params.length !== 1) return
  const [{ name: param, type: paramType }] = init.params
  const { body } = init
  if (paramType !== 'Identifier' || /[{}]|=>/.test(code.slice(body.start, body.end))) return
  if (body.end - body.start > MAX_INLINE_LENGTH) return
  const nodes = linkNodesOf(body)
  const names = nodes.filter((inner) => inner.type === 'Identifier').map(({ name }) => name)
  const isShadowed = manager.scopes.some(
    ({ type: scopeType, variables }) =>
      scopeType !== 'module' && variables.some(({ name }) => name !== param && names.includes(name)),
  )
  const calls = manager
    .getDeclaredVariables(init.parent)
    .flatMap(({ references }) => references)
    .map(({ identifier }) => identifier)
    .filter((identifier) => identifier !== id)
    .map((identifier) => ({ ...identifier.parent, identifier }))
  if (
    isShadowed ||
    names.filter((name) => name === param).length !== 1 ||
    calls.some(
      ({ callee, arguments: given, identifier }) =>
        callee !== identifier || given.length !== 1 || given[0].type !== 'Identifier',
    )
  )
    return
  const at = nodes.find(({ name }) => name === param)
  return [
    { start, end, text: '' },
    ...calls.map(({ start: from, end: to, arguments: [given] }) => ({
      start: from,
      end: to,
      text: `(${code.slice(body.start, at.start)}${given.name}${code.slice(at.end, body.end)})`,
    })),
  ]
}
