import { join } from 'node:path'
import { rolldown, type OutputChunk, type Plugin } from 'rolldown'

/** The script that the view of the payment loads, and that no server has. */
export const TERMINAL_FILES = ['/assets/terminal-BkX3aZ9q.js', '/assets/terminal-D2kPq8Lm.js']

/**
 * Bundles the shop as a developer would deploy it: minified, with a hash in the name of each file. The second build has
 * a notice and more code in every module: other hashes, other names of functions, other lines and columns.
 */
export async function bundleShop(build: 0 | 1): Promise<OutputChunk[]> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'start-shop.ts'),
    platform: 'browser',
    transform: { define: { TERMINAL_FILE: JSON.stringify(TERMINAL_FILES[build]) } },
    plugins: [build === 1 && addNews],
  })
  const { output } = await bundle.generate({
    format: 'es',
    minify: true,
    banner: build === 1 ? '/*! The second build */' : '',
    entryFileNames: 'assets/[name]-[hash].js',
    chunkFileNames: 'assets/[name]-[hash].js',
    codeSplitting: {
      groups: [
        { name: 'shared', test: /\/dist\/|\/(create-|teas)/, priority: 1 },
        { name: 'basket', test: /show-basket/ },
        { name: 'payment', test: /show-payment/ },
      ],
    },
  })
  await bundle.close()
  return output.filter((file) => file.type === 'chunk')
}

const NEWS = `
const news = ['A better basket', 'More teas', 'Fewer words']
const readNews = (number) => news[number % news.length] + ' (' + news.length + ' news)'
;(globalThis.news ??= []).push(news, readNews(0), readNews(1), readNews(2), readNews)
`

const addNews: Plugin = {
  name: 'add-news',
  transform: (code, id) => (/\/(builds|app)\/[\w-]+\.ts$/.test(id) ? NEWS + code : undefined),
}
