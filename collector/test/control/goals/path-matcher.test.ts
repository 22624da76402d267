import { describe, expect, it } from 'vitest'
import { createPathMatcher } from '../../../src/control/goals/path-matcher.js'
import { createRandom } from '../../golden/create-random.js'
import { leastCpuMs } from '../../support/least-cpu.js'

const SLOWEST_MS = 150

describe('a path', () => {
  it('compares paths case-sensitively with exact rules and prefix rules', () => {
    const isExact = createPathMatcher({ match: 'exact', path: '/a*' })
    expect(['/a*', '/a', '/ab', '/A*'].filter(isExact)).toEqual(['/a*'])
    const isBelow = createPathMatcher({ match: 'prefix', path: '/blog' })
    expect(['/blog', '/blog/1', '/blogger', '/Blog', '/x/blog'].filter(isBelow)).toEqual([
      '/blog',
      '/blog/1',
      '/blogger',
    ])
  })

  it.each<[glob: string, inside: string[], outside: string[]]>([
    ['/blog/*', ['/blog/', '/blog/1', '/blog/ü 🛒'], ['/blog', '/blog/1/2', '/blog/1/', 'x/blog/1']],
    ['/blog/**', ['/blog/', '/blog/1', '/blog/1/2'], ['/blog', '/blogs/1']],
    ['/*/thanks', ['/a/thanks', '//thanks'], ['/thanks', '/a/b/thanks', '/a/thanks/']],
    ['**/thanks', ['/thanks', '/a/b/thanks'], ['/thanks/x', '/thank']],
    ['/shop/**/*.html', ['/shop/a/b.html', '/shop//c/d.html'], ['/shop/a.html', '/shop/a/b.htm', '/shop']],
    ['/a***b', ['/ab', '/a/x/b'], ['/a', '/b']],
    ['/a.c', ['/a.c'], ['/abc']],
    ['/(x|y)+$', ['/(x|y)+$'], ['/x', '/xy']],
    ['*', [''], ['/', '/a']],
    ['**', ['', '/', '/a/b\nc'], []],
  ])('matches exactly the expected paths with the glob %s', (glob, inside, outside) => {
    const isMeant = createPathMatcher({ match: 'glob', path: glob })
    expect([...inside, ...outside].filter(isMeant)).toEqual(inside)
  })

  it('matches a path with a glob exactly if the equivalent regular expression matches', () => {
    const random = createRandom(7)
    const pickText = (letters: string[], most: number) =>
      Array.from({ length: random.whole(0, most) }, () => random.pick(letters)).join('')
    let fitting = 0
    for (let round = 0; round < 3_000; round++) {
      const glob = pickText(['a', 'b', '/', '*', '**', '.'], 7)
      const path = pickText(['a', 'b', '/', '.'], 9)
      const expression = new RegExp(
        `^${glob.replaceAll('.', String.raw`\.`).replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))}$`,
      )
      const isFitting = createPathMatcher({ match: 'glob', path: glob })(path)
      expect(isFitting, `${glob} ${path}`).toBe(expression.test(path))
      if (isFitting) fitting++
    }
    expect(fitting).toBeGreaterThan(100)
  })

  it.each([
    '*a*a*a*a*a*a*a*a*a*b',
    '**a**a**a**a**a**a**a**a**a**b',
    `/${'a'.repeat(400)}**${'a'.repeat(90)}b`,
    '/a**/a**/a**/a**/b',
  ])('compares an almost matching path with the glob %s in linear time', (glob) => {
    const isMeant = createPathMatcher({ match: 'glob', path: glob })
    for (const path of [`/${'a'.repeat(2_047)}`, 'a'.repeat(2_048), '/a'.repeat(1_024)]) {
      expect(isMeant(path)).toBe(false)
      expect(leastCpuMs(() => isMeant(path))).toBeLessThan(SLOWEST_MS)
    }
  })
})
