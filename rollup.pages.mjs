import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'
import typescript from '@rollup/plugin-typescript'

const { resolve } = createRequire(new URL('collector/package.json', import.meta.url))
const PAGE = 'collector/dashboard'

// Unlike the tracker's, names that begin with an underscore stay: they are uPlot's, which may spell them in
// strings.
const compile = () => [
  nodeResolve({ browser: true }),
  typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false }),
  // The notice that uPlot's licence asks for stays in the bundle.
  terser({ module: true, ecma: 2020, format: { comments: /Copyright/ } }),
]

/** Writes files beside the bundle; each is made of one source or of several, in order. */
const addFiles = (files) => ({
  name: 'add-files',
  buildStart() {
    for (const source of Object.values(files).flat()) this.addWatchFile(source)
  },
  generateBundle() {
    for (const [fileName, sources] of Object.entries(files))
      this.emitFile({
        type: 'asset',
        fileName,
        source: [sources]
          .flat()
          .map((source) => readFileSync(source, 'utf8'))
          .join('\n'),
      })
  },
})

// In the order of the cascade: uPlot's first, so that ours may override it, and what narrow screens change
// last.
const STYLES = [
  resolve('uplot/dist/uPlot.min.css'),
  ...['base', 'header', 'controls', 'report', 'tables', 'narrow'].map((name) => `${PAGE}/styles/${name}.css`),
]

export default [
  {
    input: `${PAGE}/dashboard.ts`,
    output: { dir: 'collector/dist/dashboard', format: 'es' },
    plugins: [compile(), addFiles({ 'index.html': `${PAGE}/index.html`, 'dashboard.css': STYLES })],
  },
  {
    input: 'demo/app/app.ts',
    output: { file: 'demo/dist/app/app.js', format: 'es' },
    plugins: [compile()],
  },
]
