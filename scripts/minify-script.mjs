import { minify } from 'terser'

// Names in an order that brotli packs well beside this code; found by trial.
const NAMES = 'plrtsBmxVdZbAYwkjhiQPyOqe$ufgWcoCvEa_RnXMFIzGUJLHDNTKS'

// No `unsafe_methods`: arrow functions in objects pack better, because the rest of the script is made of them.
export const COMPRESS = { passes: 9, pure_getters: true, unsafe_arrows: true, lhs_constants: false }
// Internal properties start with an underscore; wire names never do.
export const INTERNAL = { regex: /^_[a-z]/ }
// Nearly every function runs while the page loads: told so, V8 compiles them as the script arrives, beside the main thread, and
// not each at its first call on it. https://v8.dev/blog/explicit-compile-hints
const COMPILE_HINT = '//# allFunctionsCalledOnLoad'

/**
 * Minifies a classic script, in two steps: compressed while its names are still constants of the top level, then
 * wrapped in a block, which keeps its names from the page as a function would, in fewer bytes, and mangled.
 */
export async function minifyScript(code) {
  // One keyword packs better than two, and neighbours are then joined.
  const uniform = code.replaceAll(/\bconst (?=[\w{[$])/g, 'let ')
  const compressed = await minify(uniform, {
    ecma: 2020,
    toplevel: true,
    compress: COMPRESS,
    mangle: false,
    format: { comments: false },
  })
  const mangled = await minify(`{${compressed.code}}`, {
    ecma: 2020,
    compress: false,
    mangle: { toplevel: true, properties: INTERNAL, nth_identifier: { get: (n) => NAMES[n] ?? `_${n}` } },
    format: { comments: false },
  })
  return `${COMPILE_HINT}\n${mangled.code}`
}
