import { minify } from 'terser'
import { shorten } from './shorten.mjs'

// Names in an order that brotli packs well beside this code; found by trial.
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

/**
 * Shortens a module. One keyword for all variables packs better than two, and terser then joins neighbours.
 */
const prepare = (code) => shorten(code).replaceAll(/\bconst (?=[\w{[$])/g, 'let ')

/** Minifies a module. */
export async function minifyModule(code) {
  const minified = await minify(prepare(code), {
    ecma: 2020,
    module: true,
    compress: COMPRESS,
    mangle: { properties: INTERNAL },
    format: { comments: false },
  })
  return minified.code
}

/**
 * Minifies a module to a classic script. It is compressed first, while its names are still constants of the
 * top level, and then wrapped in a function, which keeps them from the page.
 */
export async function minifyScript(code) {
  const compressed = await minify(prepare(code), {
    ecma: 2020,
    toplevel: true,
    compress: COMPRESS,
    mangle: false,
    format: { comments: false },
  })
  const mangled = await minify(`(()=>{${compressed.code}})()`, {
    ecma: 2020,
    compress: false,
    mangle: { toplevel: true, properties: INTERNAL, nth_identifier: { get: (n) => NAMES[n] ?? `_${n}` } },
    format: { comments: false },
  })
  return `${COMPILE_HINT}\n${mangled.code}`
}
