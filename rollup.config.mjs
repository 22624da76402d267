import { readFileSync } from 'node:fs'
import typescript from '@rollup/plugin-typescript'
import { minifyModule, minifyScript } from './scripts/minify.mjs'
import { hashScript, NAMES_FILE, readBindings, writeBindings } from './scripts/name-bindings.mjs'

// One program for all rooms, because the rollup plugin cannot follow project references. `tsc -b` runs
// before: it checks the rooms' borders and writes their declarations.
const compile = () =>
  typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false })

const minifyEntry = {
  name: 'minify-entry',
  renderChunk: async (code) => ({ code: await minifyModule(code), map: null }),
}

const minifyClassic = {
  name: 'minify-script',
  async renderChunk(code) {
    return { code: tune(await minifyScript(code)), map: null }
  },
  // Rollup ends a file with a newline, which costs a byte.
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) chunk.code = chunk.code.trimEnd()
  },
}

/** Gives the bindings of `z.js` the names and the order that `npm run tune` found for exactly this script. */
function tune(code) {
  const { script, names, order } = JSON.parse(readFileSync(NAMES_FILE, 'utf8'))
  return script === hashScript(code) ? writeBindings(readBindings(code), names, order) : code
}

const script = (input, file) => ({
  input,
  output: { file, format: 'es', strict: false },
  plugins: [compile(), minifyClassic],
})

const entry = (room) => ({
  input: `src/${room}/index.ts`,
  external: [/^node:/],
  output: { file: `dist/${room === 'tracker' ? 'index' : room}.mjs`, format: 'es' },
  plugins: [compile(), ...(room === 'tracker' || room === 'live' ? [minifyEntry] : [])],
})

/**
 * Directives of bindings: Next's app router must run React's in the browser, too. Added as a banner, because
 * rollup drops directives.
 */
const DIRECTIVES = { react: "'use client'" }

/**
 * Bindings import the built tracker, as applications do: its state is in module variables, so a page must
 * have one copy.
 */
const binding = (framework) => ({
  input: `src/${framework}/index.ts`,
  external: [framework, /\/tracker\/index\.js$/],
  output: {
    file: `dist/${framework}.mjs`,
    format: 'es',
    banner: DIRECTIVES[framework] ?? '',
    paths: (id) => (id === framework ? id : './index.mjs'),
  },
  plugins: [compile()],
})

// Modules that import each other in a circle may run before those they need.
const forbidCircles = (warning, warn) => {
  if (warning.code === 'CIRCULAR_DEPENDENCY') throw new Error(warning.message)
  warn(warning)
}

export default [
  script('src/tracker/script.ts', 'dist/z.js'),
  script('src/live/script.ts', 'dist/live.js'),
  ...['tracker', 'live', 'node', 'contract'].map(entry),
  ...['react', 'vue', 'svelte'].map(binding),
].map((options) => ({ ...options, onwarn: forbidCircles }))
