import typescript from '@rollup/plugin-typescript'
import { minify } from 'terser'

// One program for all rooms: the rollup plugin cannot follow project references. Their borders and
// declarations are checked and written by `tsc -b`, which runs before.
const compile = () => typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false })

// Names in an order that brotli packs well beside this code; found by trial, worth about 30 bytes of z.js.
const NAMES = 'pldtrhxuYgAaVfw$oiFen_qszEJDBPLXQcOCjHWyMTSKZmUGIkNbRv'

const COMPRESS = { passes: 3, pure_getters: true, unsafe_arrows: true, unsafe_methods: true }
// Internal properties start with an underscore; wire names never do.
const INTERNAL = { regex: /^_[a-z]/ }

/** Minifies an ES module. */
const minifyModule = {
  name: 'minify-module',
  async renderChunk(code) {
    const minified = await minify(code, { ecma: 2020, module: true, compress: COMPRESS, mangle: { properties: INTERNAL }, format: { comments: false } })
    return { code: minified.code, map: null }
  },
}

/**
 * Minifies a classic script, in two steps: compressed while its names are still constants of the top level, then
 * wrapped in a block, which keeps its names from the page as a function would, in fewer bytes, and mangled.
 */
const minifyScript = {
  name: 'minify-script',
  async renderChunk(code) {
    // One keyword packs better than two, and neighbours are then joined.
    const uniform = code.replaceAll(/^( *)const /gm, '$1let ')
    const compressed = await minify(uniform, { ecma: 2020, toplevel: true, compress: COMPRESS, mangle: false, format: { comments: false } })
    const mangled = await minify(`{${compressed.code}}`, {
      ecma: 2020,
      compress: false,
      mangle: { toplevel: true, properties: INTERNAL, nth_identifier: { get: (n) => NAMES[n] ?? `_${n}` } },
      format: { comments: false },
    })
    return { code: mangled.code, map: null }
  },
}

const script = (input, file) => ({
  input,
  output: { file, format: 'es', strict: false },
  plugins: [compile(), minifyScript],
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
  output: { file: `dist/${framework}.mjs`, format: 'es', banner: DIRECTIVES[framework] ?? '', paths: (id) => (id === framework ? id : './index.mjs') },
  plugins: [compile()],
})

export default [
  script('src/tracker/script.ts', 'dist/z.js'),
  script('src/live/script.ts', 'dist/live.js'),
  ...['tracker', 'live', 'node', 'contract'].map(entry),
  ...['react', 'vue', 'svelte'].map(binding),
]
