import { readFileSync, readdirSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { describe, expect, it, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const DIST = new URL('dist/', ROOT)
const FILES = readdirSync(DIST).filter((file) => /\.m?js$/.test(file))
const MINIFIED = FILES.filter((file) => /^(z|live|index)\./.test(file))

const readDist = (file: string) => readFileSync(new URL(file, DIST), 'utf8')
const readMap = (file: string) => JSON.parse(readDist(`${file}.map`)) as SourceMapPayload

/** Finds the source of the first occurrence of a text: the file, and the rest of the line. */
function findSource(file: string, text: string): { source: string; rest: string } {
  const before = readDist(file).split(text, 1)[0]!.split('\n')
  const payload = readMap(file)
  const entry = new SourceMap(payload).findEntry(before.length - 1, before.at(-1)!.length)
  if (!('originalSource' in entry)) throw new Error(`${file} does not map ${text}`)
  const { originalSource: source, originalLine, originalColumn } = entry
  const line = payload.sourcesContent[payload.sources.indexOf(source)]!.split('\n')[originalLine]!
  return { source, rest: line.slice(originalColumn) }
}

describe.each(FILES)('%s', (file) => {
  it('has a source map that contains its sources', () => {
    const { sources, sourcesContent } = readMap(file)
    expect(sources.length).toBeGreaterThan(0)
    expect(sourcesContent).toEqual(sources.map((source) => readFileSync(new URL(source, DIST), 'utf8')))
  })

  it(`${file.endsWith('.mjs') ? 'names' : 'does not name'} its source map`, () => {
    const comment = `\n//# sourceMappingURL=${file}.map\n`
    if (file.endsWith('.mjs')) expect(readDist(file).endsWith(comment)).toBe(true)
    else expect(readDist(file)).not.toContain('sourceMappingURL')
  })
})

describe.each(['z.js', 'index.mjs'])('the source map of %s', (file) => {
  test.each([
    ['"zenovay-claim"', '../src/tracker/deliver.ts', "'zenovay-claim'"],
    ['"too large"', '../src/tracker/deliver.ts', "'too large'"],
    ['"refused"', '../src/tracker/commands.ts', "'refused'"],
    ['keepalive:', '../src/tracker/deliver.ts', 'keepalive: true'],
    ['"cut to ', '../src/tracker/clean-properties.ts', "'cut to ' + MAX_PROPERTY_VALUE_LENGTH"],
  ])('finds the source of %s', (text, source, code) => {
    const found = findSource(file, text)
    expect(found.source).toBe(source)
    expect(found.rest.slice(0, code.length)).toBe(code)
  })
})

describe.each(MINIFIED)('the source map of %s', (file) => {
  it('finds every text of one word at the same text in the source', () => {
    // With a colon it may be a key of JSON in a longer text.
    const texts = [...new Set([...readDist(file).matchAll(/"[\w-]+"(?!:)/g)].map(([text]) => text))]
    expect(texts.length).toBeGreaterThanOrEqual(4)
    const moved = texts.filter((text) => !findSource(file, text).rest.startsWith(`'${text.slice(1, -1)}'`))
    expect(moved).toEqual([])
  })
})
