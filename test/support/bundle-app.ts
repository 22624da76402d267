import { join } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import { compileSvelte } from './compile-svelte.js'

/** `newest` is installed at the root; `oldest` are the oldest majors supported by the bindings. */
export const MAJORS = ['newest', 'oldest'] as const
export type Majors = (typeof MAJORS)[number]

export interface AppSetup {
  /** @default 'newest' */
  majors?: Majors
  /** Bundles for a server instead of a browser. @default false */
  server?: boolean
}

/** The package whose dependencies are the oldest majors. */
export const OLDEST = join(import.meta.dirname, '../older-majors/package.json')

// Vue warns about a build that does not define its feature flags.
const VUE_FLAGS = {
  __VUE_OPTIONS_API__: 'true',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
}

/**
 * Bundles an application of the tests with the built tracker and its framework, as a developer's own build
 * would.
 *
 * Uses the development build of the framework, because only there React's StrictMode runs effects twice.
 */
export async function bundleApp(
  entry: string,
  { majors = 'newest', server = false }: AppSetup = {},
): Promise<string> {
  const bundle = await rolldown({
    input: entry,
    platform: server ? 'node' : 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"development"', ...VUE_FLAGS } },
    // The directive is for builds that split an application between server and browser.
    checks: { moduleLevelDirective: false },
    plugins: [
      compileSvelte({ from: majors === 'oldest' ? OLDEST : import.meta.filename, server }),
      majors === 'oldest' && takeOldest,
    ],
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  return output[0].code
}

/** Resolves every import of a framework, even in the built binding, to its oldest major. */
const takeOldest: Plugin = {
  name: 'take-oldest',
  resolveId(source) {
    return /^(react|react-dom|svelte)(\/|$)/.test(source)
      ? this.resolve(source, OLDEST, { skipSelf: true })
      : undefined
  },
}
