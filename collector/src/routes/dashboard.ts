import { readFile } from 'node:fs/promises'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { documentRoute, urlOf } from '../http/api/route.js'
import { createStaticFile, REVALIDATE, sendStaticFile, type StaticFile } from '../http/static-file.js'

// The page may run only its own script, because it shows text that any client can send.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

const FILES = [
  { path: '/dashboard', operationId: 'loadDashboard', file: 'index.html', type: 'text/html' },
  {
    path: '/dashboard/dashboard.js',
    operationId: 'loadDashboardScript',
    file: 'dashboard.js',
    type: 'text/javascript',
  },
  {
    path: '/dashboard/dashboard.css',
    operationId: 'loadDashboardStyle',
    file: 'dashboard.css',
    type: 'text/css',
  },
]

const redirectToDashboard = documentRoute({
  path: '/',
  operationId: 'redirectToDashboard',
  summary: 'Redirects to the dashboard',
  scope: 'public',
  status: 302,
  codes: ['RATE_LIMIT_EXCEEDED'],
  contentType: 'text/plain',
})

export const DASHBOARD_ROUTES = [
  redirectToDashboard,
  ...FILES.map(({ path, operationId, file, type }) =>
    documentRoute({
      path,
      operationId,
      summary: `The dashboard: ${file}`,
      scope: 'public',
      codes: ['RATE_LIMIT_EXCEEDED'],
      contentType: type,
    }),
  ),
]

/** Adds the routes of the dashboard. `limit` is the rate limit of each client. */
export function addDashboardRoutes(
  app: FastifyInstance,
  assets: PageAsset[],
  limit: onRequestHookHandler,
): void {
  app.get(urlOf(redirectToDashboard), { onRequest: limit }, (_request, reply) => reply.redirect('/dashboard'))
  for (const { path, file } of assets)
    app.get(path, { onRequest: limit }, (request, reply) =>
      sendStaticFile(request, reply, {
        file,
        headers: {
          'cache-control': REVALIDATE,
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'referrer-policy': 'no-referrer',
        },
      }),
    )
}

export interface PageAsset {
  path: string
  file: StaticFile
}

// This relative path leads to the built dashboard from both `src` and `dist`.
const FOLDER = new URL('../../dist/dashboard/', import.meta.url)

/** Loads the files of the built dashboard. */
export async function loadPageAssets(): Promise<PageAsset[]> {
  return Promise.all(
    FILES.map(async ({ path, file, type }) => ({
      path,
      file: createStaticFile(await readFile(new URL(file, FOLDER)), `${type}; charset=utf-8`),
    })),
  )
}
