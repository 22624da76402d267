import { nodeResolve } from '@rollup/plugin-node-resolve'
import typescript from '@rollup/plugin-typescript'
import { minifyModule, minifyScript } from './scripts/minify.mjs'
import { nameBindings } from './scripts/name-bindings.mjs'

// One program for all rooms, because the rollup plugin cannot follow project references. `tsc -b` runs
// before: it checks the rooms' borders and writes their declarations.
const compile = () =>
  typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false })

// Rollup ends a file with a newline, which costs a byte.
const trimEnd = () => ({
  name: 'trim-end',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = file.code.trimEnd()
  },
})

// The map of a script is beside it, but the script does not name it: the comment would cost bytes.
const script = (input, file) => ({
  input,
  output: { file, format: 'es', strict: false, sourcemap: 'hidden' },
  plugins: [compile(), minifyScript(), nameBindings(), trimEnd()],
})

const entry = (room) => ({
  input: `src/${room}/index.ts`,
  output: { file: `dist/${room === 'tracker' ? 'index' : room}.mjs`, format: 'es', sourcemap: true },
  plugins: [compile(), (room === 'tracker' || room === 'live') && minifyModule()],
})

/** The Node.js entry imports the built server toolkit, so that an application that imports both has one copy of its classes. */
const nodeEntry = {
  input: 'src/node/index.ts',
  external: [/^node:/, /\/server\/index\.js$/],
  output: { file: 'dist/node.mjs', format: 'es', sourcemap: true, paths: () => './server.mjs' },
  plugins: [compile()],
}

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
    sourcemap: true,
    banner: DIRECTIVES[framework] ?? '',
    paths: (id) => (id === framework ? id : './index.mjs'),
  },
  plugins: [nodeResolve(), compile()],
})

/**
 * A module that z.js or another such module loads with `import()`. They share the state of `capture.js`, which has the core
 * of capture in it.
 */
const loadedModule = (name) => ({
  input: `src/capture/${name === 'capture' ? 'script' : name}.ts`,
  external: name === 'capture' ? [] : [/\/(core|text-of)\.js$/],
  output: {
    file: `dist/${name}.js`,
    format: 'es',
    sourcemap: 'hidden',
    paths: () => './capture.js',
  },
  plugins: [nodeResolve(), compile(), minifyModule({ isOurs: name !== 'vitals' }), trimEnd()],
})

// Modules that import each other in a circle may run before those they need.
const forbidCircles = (warning, warn) => {
  if (warning.code === 'CIRCULAR_DEPENDENCY') throw new Error(warning.message)
  warn(warning)
}

export default [
  script('src/tracker/script.ts', 'dist/z.js'),
  script('src/live/script.ts', 'dist/live.js'),
  ...['capture', 'signals', 'vitals'].map(loadedModule),
  ...['tracker', 'live', 'server', 'contract'].map(entry),
  nodeEntry,
  ...['react', 'vue', 'svelte', 'capture'].map(binding),
].map((options) => ({ ...options, onwarn: forbidCircles }))
