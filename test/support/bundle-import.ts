import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rollup } from 'rollup'
import { minify } from 'terser'

const ENTRY = 'entry'
const FRAMEWORKS = ['react', 'vue', 'svelte']

export interface BundledImport {
  code: string
  /** Remaining imports: the frameworks, which the application contains anyway. */
  imports: string[]
}

/**
 * Bundles and minifies one import statement with the default options of rollup and terser, to measure its
 * size in an application.
 */
export async function bundleImport(names: string, from: string): Promise<BundledImport> {
  const bundle = await rollup({
    input: ENTRY,
    external: FRAMEWORKS,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? id : undefined),
        load: (id) => (id === ENTRY ? `export ${names} from '${from}'` : undefined),
      },
      nodeResolve({ browser: true, rootDir: import.meta.dirname }),
    ],
    // Warns about a directive that a bundle without server components does not need.
    onwarn: () => undefined,
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const { code } = await minify(output[0].code, { module: true })
  return { code: code!, imports: output[0].imports }
}
