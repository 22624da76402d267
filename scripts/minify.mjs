import { minify } from 'terser'
import { rewrite } from './rewrite.mjs'
import { shorten } from './shorten.mjs'

// Names in an order that brotli packs well beside this code; found by trial. When they
// are used up, names have two letters.
const NAMES = 'plrtsBmxVdZbAYwkjhiQPyOqe$ufgWcoCvEa_RnXMFIzGUJLHDNTKS'

// The option `unsafe_methods` is off: arrow functions in objects pack better, because the rest of the script
// is made of them.
const COMPRESS = { passes: 9, pure_getters: true, unsafe_arrows: true, lhs_constants: false }
// Internal properties start with an underscore; wire names never do.
const INTERNAL = { regex: /^_[a-z]/ }
// Nearly every function runs while the page loads. With this hint V8 compiles them off the main thread while
// the script arrives, instead of on the main thread at each first call.
// https://v8.dev/blog/explicit-compile-hints
const COMPILE_HINT = '//# allFunctionsCalledOnLoad'

const terser = (options) => ({
  name: 'terser',
  renderChunk: (code) =>
    minify(code, { ecma: 2020, format: { comments: false }, sourceMap: true, ...options }),
})

/** One keyword for all variables packs better than two, and terser then joins neighbours. */
const useLet = () => rewrite('use-let', (text) => text.replaceAll(/\bconst (?=[\w{[$])/g, 'let '))

/** Shortens a module. */
const prepare = () => [...shorten(), useLet()]

/** Rollup plugins that minify a module. Code that is not ours is not shortened: its types are not those of ours. */
export const minifyModule = ({ isOurs = true } = {}) => [
  ...(isOurs ? prepare() : [useLet()]),
  terser({ module: true, compress: COMPRESS, mangle: { properties: INTERNAL } }),
]

/**
 * Rollup plugins that minify a module to a classic script. It is compressed first, while its names are still
 * constants of the top level, and then wrapped in a function, which keeps them from the page.
 */
export const minifyScript = () => [
  ...prepare(),
  terser({ toplevel: true, compress: COMPRESS, mangle: false }),
  rewrite('wrap-in-function', (text) => text.prepend('(()=>{').append('})()')),
  terser({
    compress: false,
    mangle: {
      toplevel: true,
      properties: INTERNAL,
      nth_identifier: { get: (n) => NAMES[n] ?? `${NAMES[n - NAMES.length]}p` },
    },
  }),
  rewrite('add-compile-hint', (text) => text.prepend(`${COMPILE_HINT}\n`)),
]
