import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const SOURCES = join(import.meta.dirname, '../../src')

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
  jsx: ts.JsxEmit.ReactJSX,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
}

/** Every `@example` as a module in this folder, where the package's own name resolves to its types. */
function readExamples(): Map<string, string> {
  const examples = new Map<string, string>()
  for (const source of readdirSync(SOURCES, { encoding: 'utf8', recursive: true }).filter((file) =>
    file.endsWith('.ts'),
  ))
    for (const [, example] of readFileSync(join(SOURCES, source), 'utf8').matchAll(
      /^ *\* @example\n([^]*?)\*\//gm,
    )) {
      const code = example!.replaceAll(/^ *\* ?/gm, '')
      // `export {}` makes each example a module, so that their declarations do not clash.
      examples.set(
        join(import.meta.dirname, `${source.replaceAll(/\W/g, '-')}-${examples.size}.tsx`),
        `${code}\nexport {}\n`,
      )
    }
  return examples
}

it('type-checks every @example', () => {
  const examples = readExamples()
  const host = ts.createCompilerHost(OPTIONS)
  const { fileExists, getSourceFile } = host
  host.fileExists = (file) => examples.has(file) || fileExists(file)
  host.getSourceFile = (file, language, ...rest) =>
    examples.has(file)
      ? ts.createSourceFile(file, examples.get(file)!, language)
      : getSourceFile(file, language, ...rest)
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([...examples.keys()], OPTIONS, host))

  expect(
    diagnostics.map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
  ).toEqual([])
  expect(examples.size).toBeGreaterThanOrEqual(6)
})
