// @ts-check
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rollup } from 'rollup'
import { minify } from 'terser'

/** Constants that production builds replace. */
const CONSTANTS = { '@process.env.NODE_ENV': '"production"' }

/**
 * Bundles and minifies a few lines of an application as a classic script, with the packages of `folder`.
 *
 * Dynamic imports stay outside, as in any bundle with code splitting: visitors do not download them.
 */
export async function bundleSource(folder, name, source) {
  const input = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`)
  writeFileSync(input, source)
  const leaveOut = { name: 'leave-out', resolveDynamicImport: () => ({ id: './later.js', external: true }) }
  const bundle = await rollup({
    input,
    plugins: [leaveOut, nodeResolve({ browser: true })],
    onwarn: rejectUnresolved,
  })
  const { output } = await bundle.generate({ format: 'iife' })
  await bundle.close()
  const { code } = await minify(output[0].code, {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 3, global_defs: CONSTANTS },
    format: { comments: false },
  })
  return code
}

function rejectUnresolved(warning) {
  if (warning.code === 'UNRESOLVED_IMPORT' || warning.code === 'MISSING_GLOBAL_NAME')
    throw new Error(warning.message)
}
