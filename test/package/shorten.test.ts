import fc from 'fast-check'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it, test } from 'vitest'
import {
  applyStep,
  compareLoosely,
  dropConversion,
  dropNew,
  inlineHelper,
  mapForEach,
  testByIndex,
  turnLocalsIntoParameters,
} from '../../scripts/shorten.mjs'

type Step = Parameters<typeof applyStep>[1]

const rewrite = (code: string, step: Step) => applyStep(code, step) as string

/** Evaluates an expression with these names in scope. */
const evaluate = (expression: string, names: Record<string, unknown> = {}): unknown =>
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- code of this test
  (new Function(...Object.keys(names), `return (${expression})`) as (...values: unknown[]) => unknown)(
    ...Object.values(names),
  )

/** For each step: code, and its shorter form; the same code where the step must not be applied. */
const EXAMPLES: [string, Step, [code: string, shorter: string][]][] = [
  [
    'compareLoosely',
    compareLoosely,
    [
      ["a === 'true'", "a == 'true'"],
      ["'true' !== a", "'true' != a"],
      ["a === '1'", "a === '1'"],
      ["a === ''", "a === ''"],
      ['a === 1', 'a === 1'],
      ['a === b', 'a === b'],
    ],
  ],
  [
    'testByIndex',
    testByIndex,
    [
      ['if (a.length > 5) b()', 'if (a[5]) b()'],
      ['a.length <= N && b ? c : d', '!a[N] && b ? c : d'],
      ['a.length < N ? b : c', '!a[(N) - 1] ? b : c'],
      ['a.length < (b ? 1 : N) ? c : d', '!a[(b ? 1 : N) - 1] ? c : d'],
      ['if (!(f(a).length >= 2 || b)) c()', 'if (!(f(a)[(2) - 1] || b)) c()'],
      ['if (a.length === 0) b()', 'if (!a[0]) b()'],
      ['if (a.length === 3) b()', 'if (a.length === 3) b()'],
      ['const long = a.length > 5', 'const long = a.length > 5'],
      ['f(a.length > 5)', 'f(a.length > 5)'],
      ['if ((a.length > 5 ?? b)) c()', 'if ((a.length > 5 ?? b)) c()'],
    ],
  ],
  [
    'mapForEach',
    mapForEach,
    [
      ['a.forEach(f);', 'a.map(f);'],
      ['a?.b?.forEach(f);', 'a?.b?.map(f);'],
      ['const b = a.forEach(f)', 'const b = a.forEach(f)'],
    ],
  ],
  [
    'dropNew',
    dropNew,
    [
      ["throw new Error('refused')", "throw Error('refused')"],
      ['new RegExp(`^${a}$`).test(b)', 'RegExp(`^${a}$`).test(b)'],
      ['new RegExp(a)', 'new RegExp(a)'],
      ['new Date(0)', 'new Date(0)'],
      ['new Error()', 'new Error()'],
    ],
  ],
  [
    'dropConversion',
    dropConversion,
    [
      ['/a/.test(String(b))', '/a/.test(b)'],
      ['now - Number(a.slice(8))', 'now - a.slice(8)'],
      ['Number(a) % 10', 'a % 10'],
      ['new URL(a || location.href, location.href)', 'new URL(a || location, location)'],
      ['Number(a) + 1', 'Number(a) + 1'],
      ['f(String(b))', 'f(String(b))'],
      ['f(location.href)', 'f(location.href)'],
    ],
  ],
  [
    'inlineHelper',
    inlineHelper,
    [
      ['const f = (a) => now - a.b; g(f(x), f(y))', ' g((now - x.b), (now - y.b))'],
      ['const f = (a) => a + a; f(x)', 'const f = (a) => a + a; f(x)'],
      ['const f = (a) => a + 1; f(x())', 'const f = (a) => a + 1; f(x())'],
      ['const f = (a) => a + 1; g(f)', 'const f = (a) => a + 1; g(f)'],
      ['const f = (a) => a + b; (b) => f(b)', 'const f = (a) => a + b; (b) => f(b)'],
      ['const f = (a) => () => a; f(x)', 'const f = (a) => () => a; f(x)'],
    ],
  ],
  [
    'turnLocalsIntoParameters',
    turnLocalsIntoParameters,
    [
      ['(a) => { const b = f(a); return b }', '(a, b) => { b = f(a); return b }'],
      ['() => { const b = f(); g(b) }', '(b) => { b = f(); g(b) }'],
      ['(a) => { for (const b in a) f(b) }', '(a, b) => { for (b in a) f(b) }'],
      ['(a) => { for (const b in a) f(() => b) }', '(a) => { for (const b in a) f(() => b) }'],
      ['(...a) => { const b = f(a); g(b) }', '(...a) => { const b = f(a); g(b) }'],
      ['(a = b) => { const b = 1; g(b) }', '(a = b) => { const b = 1; g(b) }'],
      ['(a) => { let b; if (a) b = 1; return b }', '(a) => { let b; if (a) b = 1; return b }'],
      ['(a) => { const { b } = a; g(b) }', '(a) => { const { b } = a; g(b) }'],
      [
        '(a) => { if (a) { const b = 1; f(b) } const b = 2; g(b) }',
        '(a) => { if (a) { const b = 1; f(b) } const b = 2; g(b) }',
      ],
    ],
  ],
]

describe.each(EXAMPLES)('%s', (_name, step, examples) => {
  const rewritten = examples.filter(([code, shorter]) => code !== shorter)
  const kept = examples.filter(([code, shorter]) => code === shorter)

  test.each(rewritten)('rewrites the code %s', (code, shorter) => {
    expect(rewrite(code, step)).toBe(shorter)
  })

  test.each(kept)('keeps the code %s', (code) => {
    expect(rewrite(code, step)).toBe(code)
  })
})

describe('the rewritten code', () => {
  it('compares every primitive value like the original code', () => {
    const primitive = fc.oneof(
      fc.string(),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom('true', 'granted', null, undefined),
    )
    const text = fc.oneof(fc.string(), fc.constantFrom('true', 'granted'))
    fc.assert(
      fc.property(primitive, text, (a, literal) => {
        const code = `a === ${JSON.stringify(literal)}`
        expect(evaluate(rewrite(code, compareLoosely), { a })).toBe(evaluate(code, { a }))
      }),
    )
  })

  it('compares the length of every string and every list of non-empty strings like the original code', () => {
    const lists = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }),
    )
    const comparison = fc.constantFrom('> 0', '> 5', '<= 5', '>= 5', '< 5', '=== 0', '!== 0')
    fc.assert(
      fc.property(lists, comparison, (a, compared) => {
        const code = `a.length ${compared} ? 1 : 2`
        expect(evaluate(rewrite(code, testByIndex), { a })).toBe(evaluate(code, { a }))
      }),
    )
  })

  it('returns the same result if a rewritten function is called with extra arguments', () => {
    const code = '(a) => { const b = a + 1; if (b > 3) { const c = b * 2; return c } return b }'
    const shorter = rewrite(code, turnLocalsIntoParameters)
    for (const a of [1, 2, 3, 4])
      expect(evaluate(`(${shorter})(a, 7, 8)`, { a })).toBe(evaluate(`(${code})(a, 7, 8)`, { a }))
  })
})

describe('the source code that the steps rewrite', () => {
  const root = join(import.meta.dirname, '../..')
  const program = ts.createProgram(
    ['tracker/script.ts', 'tracker/index.ts', 'live/script.ts'].map((file) => join(root, 'src', file)),
    { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, types: [], noEmit: true },
  )
  const checker = program.getTypeChecker()
  const sources = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(join(root, 'src')))

  const property = (node: ts.Node, name: string) =>
    ts.isPropertyAccessExpression(node) && node.name.text === name && node.expression
  const isComparison = (node: ts.Node): node is ts.BinaryExpression =>
    ts.isBinaryExpression(node) && /^([!=]==|[<>]=?)$/.test(node.operatorToken.getText())
  const isPrimitive = (type: ts.Type): boolean =>
    type.isUnion()
      ? type.types.every(isPrimitive)
      : (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike)) > 0
  const isArray = (type: ts.Type) => checker.isArrayType(type) || checker.isTupleType(type)

  /** Selected nodes of which the type, without null and undefined, does not have a property. */
  const findOthers = (
    select: (node: ts.Node) => ts.Node | false,
    hasProperty: (type: ts.Type) => boolean,
  ): string[] => {
    const selected: ts.Node[] = []
    const visit = (node: ts.Node): void => {
      const found = select(node)
      if (found) selected.push(found)
      ts.forEachChild(node, visit)
    }
    sources.forEach(visit)
    expect(selected.length).toBeGreaterThan(1)
    return selected
      .filter((node) => !hasProperty(checker.getNonNullableType(checker.getTypeAtLocation(node))))
      .map((node) => node.parent.getText())
  }

  it('calls forEach only on arrays', () => {
    expect(findOthers((node) => property(node, 'forEach'), isArray)).toEqual([])
  })

  it('compares the length only of strings, and of lists of strings and objects', () => {
    const isText = (type: ts.Type) =>
      ['string', 'string[]', 'Entry[]', 'object[]'].includes(checker.typeToString(type))

    expect(findOthers((node) => isComparison(node) && property(node.left, 'length'), isText)).toEqual([])
  })

  it('compares strings only with primitive values', () => {
    const comparedWithText = (node: ts.Node) =>
      isComparison(node) && ts.isStringLiteral(node.right) && node.left

    expect(findOthers(comparedWithText, isPrimitive)).toEqual([])
  })
})
