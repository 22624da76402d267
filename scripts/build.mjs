import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const SOURCES = [
  'src',
  'collector/src',
  'collector/dashboard',
  'demo',
  'rollup.config.mjs',
  'rollup.pages.mjs',
  'tsconfig.base.json',
  'tsconfig.build.json',
  'tsconfig.json',
  'package-lock.json',
  'collector/tsconfig.json',
  'scripts/build.mjs',
  'scripts/minify.mjs',
  'scripts/name-bindings.mjs',
  'scripts/rewrite.mjs',
  'scripts/shorten.mjs',
  'scripts/names.json',
]
const OUTPUTS = ['dist', 'collector/dist', 'demo/dist']
const STAMP = join(ROOT, 'dist/.built')

const TOOLS = { tsc: 'typescript/bin/tsc', rollup: 'rollup/dist/bin/rollup' }

// The steps run in this order: the single-page app of the demo bundles the built ESM entries.
const STEPS = [
  ['tsc', '-b', '--force'],
  ['rollup', '-c', 'rollup.config.mjs', '--silent'],
  ['rollup', '-c', 'rollup.pages.mjs', '--silent'],
  ['tsc', '-p', 'collector/dashboard'],
  ['tsc', '-p', 'demo/app'],
]

/** Builds everything, unless no source has changed since the last build. */
export function ensureBuilt() {
  const state = hashSources()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === state) return
  // tsc never deletes outputs: those of a removed source would be packed.
  for (const output of OUTPUTS) rmSync(join(ROOT, output), { recursive: true, force: true })
  for (const [tool, ...args] of STEPS) {
    const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules', TOOLS[tool]), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) throw new Error(`the build failed at: ${tool} ${args.join(' ')}`)
  }
  writeFileSync(STAMP, state)
}

function hashSources() {
  const hash = createHash('sha256')
  for (const file of SOURCES.flatMap((source) => listFiles(join(ROOT, source))))
    // Relative, so that a copied or moved checkout is not built again.
    hash.update(relative(ROOT, file)).update(readFileSync(file))
  return hash.digest('hex')
}

function listFiles(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => name !== 'dist')
    .sort()
    .flatMap((name) => listFiles(join(path, name)))
}

if (process.argv[1] === import.meta.filename) ensureBuilt()
