import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'
import typescript from '@rollup/plugin-typescript'

// One program for all rooms: the rollup plugin cannot follow project references. Their borders and
// declarations are checked and written by `tsc -b`, which runs before.
const compile = () => typescript({ tsconfig: 'tsconfig.build.json', noForceEmit: true, outputToFilesystem: false })

const minify = (module) =>
  terser({
    module,
    ecma: 2020,
    compress: { passes: 3, pure_getters: true, unsafe_arrows: true, unsafe_methods: true },
    // Internal properties start with an underscore; wire names never do.
    mangle: { toplevel: true, properties: { regex: /^_[a-z]/ } },
    format: { comments: false },
  })

const script = (input, file) => ({
  input,
  output: { file, format: 'iife', strict: false },
  plugins: [compile(), minify(false)],
})

const entry = (room) => ({
  input: `src/${room}/index.ts`,
  external: [/^node:/],
  output: { file: `dist/${room === 'tracker' ? 'index' : room}.mjs`, format: 'es' },
  plugins: [compile(), ...(room === 'tracker' || room === 'live' ? [minify(true)] : [])],
})

export default [
  script('src/tracker/script.ts', 'dist/z.js'),
  script('src/live/script.ts', 'dist/live.js'),
  ...['tracker', 'live', 'node', 'contract'].map(entry),
]
