// npm run tune [-- seconds]: searches the names and the order of the bindings of dist/z.js that brotli packs
// best, by simulated annealing, and stores them in scripts/names.json. A build uses them only for the script
// they were found for.
import { readFileSync, writeFileSync } from 'node:fs'
import typescript from '@rollup/plugin-typescript'
import { rollup } from 'rollup'
import { minifyScript } from './minify.mjs'
import { NAMES_FILE, hashScript, readBindings, writeBindings } from './name-bindings.mjs'
import { brotliLength } from './measure-sizes.mjs'

const LETTERS = [...'etnrsiaolducpmhfgvbywxkTSECAINMDLPROjUFBHWVKGzXYqQJZ$_']
// The temperature in bytes: a step that costs this much is accepted with 1/e at first. This is enough to
// leave a local minimum.
const START_TEMPERATURE = 0.6

const seconds = Number(process.argv[2] ?? 120)
const bundle = await rollup({
  input: 'src/tracker/script.ts',
  plugins: [typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false })],
})
const { output } = await bundle.generate({ format: 'es', strict: false, plugins: minifyScript() })
// Rollup ends a chunk with a newline, which `dist/z.js` does not have.
const code = output[0].code.trimEnd()
const bindings = readBindings(code)
const pick = (list) => list[Math.floor(Math.random() * list.length)]
const index = (list) => Math.floor(Math.random() * list.length)
const fits = (names, binding) => bindings.rivals[binding].every((rival) => names[rival] !== names[binding])
const isSound = (order) =>
  bindings.needs.every(([first, second]) => order.indexOf(first) < order.indexOf(second))

/** Returns a choice close to this one, or undefined when that is not a valid one. */
function step({ names, order }) {
  const kind = Math.random()
  if (kind < 0.2) {
    const next = [...order]
    const [moved] = next.splice(index(next), 1)
    next.splice(index(order), 0, moved)
    return isSound(next) ? { names, order: next } : undefined
  }
  if (kind < 0.35) {
    const [one, other] = [pick(names), pick(Math.random() < 0.5 ? names : LETTERS)]
    return { names: names.map((name) => (name === one ? other : name === other ? one : name)), order }
  }
  const next = [...names]
  const binding = index(next)
  if (kind < 0.55) {
    const other = index(next)
    ;[next[binding], next[other]] = [next[other], next[binding]]
    return fits(next, binding) && fits(next, other) ? { names: next, order } : undefined
  }
  next[binding] = pick(Math.random() < 0.7 ? names : LETTERS)
  return fits(next, binding) ? { names: next, order } : undefined
}

const measure = ({ names, order }) => brotliLength(writeBindings(bindings, names, order).toString())
const known = JSON.parse(readFileSync(NAMES_FILE, 'utf8'))
let current =
  known.script === hashScript(code)
    ? known
    : { names: bindings.names, order: bindings.declarators.map((_, position) => position) }
let size = measure(current)
let best = { ...current, size }
console.log(`${size} bytes before`)
const start = performance.now()
for (let spent = 0; spent < 1; spent = (performance.now() - start) / 1000 / seconds) {
  const next = step(current)
  if (!next) continue
  const nextSize = measure(next)
  if (nextSize > size && Math.random() >= Math.exp((size - nextSize) / (START_TEMPERATURE * (1 - spent))))
    continue
  current = next
  size = nextSize
  if (size < best.size) best = { ...next, size }
}
console.log(`${best.size} bytes after ${seconds} s`)
writeFileSync(
  NAMES_FILE,
  `${JSON.stringify({ script: hashScript(code), names: best.names, order: best.order })}\n`,
)
