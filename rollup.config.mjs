import { readFileSync } from 'node:fs'
import typescript from '@rollup/plugin-typescript'
import { minify } from 'terser'
import { COMPRESS, INTERNAL, minifyScript } from './scripts/minify-script.mjs'
import { hashScript, NAMES_FILE, readBindings, writeBindings } from './scripts/name-bindings.mjs'

// One program for all rooms: the rollup plugin cannot follow project references. Their borders and
// declarations are checked and written by `tsc -b`, which runs before.
const compile = () =>
  typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false })

/** Minifies an ES module. */
const minifyModule = {
  name: 'minify-module',
  async renderChunk(code) {
    const minified = await minify(code, {
      ecma: 2020,
      module: true,
      compress: COMPRESS,
      mangle: { properties: INTERNAL },
      format: { comments: false },
    })
    return { code: minified.code, map: null }
  },
}

/** Minifies a classic script. */
const minifyClassic = {
  name: 'minify-script',
  async renderChunk(code) {
    return { code: tune(await minifyScript(code)), map: null }
  },
  // Rollup ends a file with a newline, which the packing pays for.
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) chunk.code = chunk.code.trimEnd()
  },
}

/** Gives the bindings of `z.js` the names and the order that `npm run tune` found for this very script. */
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
  plugins: [compile(), ...(room === 'tracker' || room === 'live' ? [minifyModule] : [])],
})

/** What a binding says of itself: to Next's app router that it runs in the browser, too. As a banner, because rollup drops directives of modules. */
const DIRECTIVES = { react: "'use client'" }

/** Bindings import the built tracker as any application does: its state lives in modules, so a page must have one copy of them. */
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

export default [
  script('src/tracker/script.ts', 'dist/z.js'),
  script('src/live/script.ts', 'dist/live.js'),
  ...['tracker', 'live', 'node', 'contract'].map(entry),
  ...['react', 'vue', 'svelte'].map(binding),
]
