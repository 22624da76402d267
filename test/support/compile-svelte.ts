import { createRequire } from 'node:module'
import type { Plugin } from 'rolldown'

interface Compiler {
  VERSION: string
  compile(source: string, options: { filename: string; generate: string }): { js: { code: string } }
}

/** Compiles `.svelte` files with the compiler that the module `from` would import. */
export function compileSvelte({ from, server }: { from: string; server: boolean }): Plugin {
  const { VERSION, compile } = createRequire(from)('svelte/compiler') as Compiler
  const [browserTarget, serverTarget] = VERSION.startsWith('4.') ? ['dom', 'ssr'] : ['client', 'server']
  return {
    name: 'compile-svelte',
    transform: {
      filter: { id: /\.svelte$/ },
      handler: (source, filename) =>
        compile(source, { filename, generate: server ? serverTarget : browserTarget }).js.code,
    },
  }
}
