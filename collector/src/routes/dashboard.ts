import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

// Everything the page shows is text that strangers sent: it may run nothing but its own script.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

/** The dashboard under `/dashboard`; `/` leads there. */
export function addDashboardRoutes(app: FastifyInstance, assets: PageAsset[]): void {
  app.get('/', (_request, reply) => reply.redirect('/dashboard'))
  for (const { path, type, content } of assets)
    app.get(path, (_request, reply) =>
      reply
        .headers({
          'content-type': type,
          'cache-control': 'no-cache',
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'referrer-policy': 'no-referrer',
        })
        .send(content),
    )
}

export interface PageAsset {
  path: string
  type: string
  content: Buffer
}

const FILES = [
  { path: '/dashboard', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/dashboard/dashboard.js', file: 'dashboard.js', type: 'text/javascript; charset=utf-8' },
  { path: '/dashboard/dashboard.css', file: 'dashboard.css', type: 'text/css; charset=utf-8' },
]

// From src and from dist alike: the built page lies in dist.
const FOLDER = new URL('../../dist/dashboard/', import.meta.url)

/** Reads the built dashboard page. */
export async function readPageAssets(): Promise<PageAsset[]> {
  return Promise.all(
    FILES.map(async ({ path, file, type }) => ({
      path,
      type,
      content: await readFile(new URL(file, FOLDER)),
    })),
  )
}
