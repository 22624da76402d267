import type { FastifyInstance } from 'fastify'
import { createTestApp } from '../support/create-test-app.js'

/** A route that requires an API key. */
export interface ApiRoute {
  method: string
  /** From the root, with `{name}` for each parameter. */
  path: string
  isPublic: boolean
  /** Query parameters. */
  query: string[]
  /** The scope that a key needs. */
  scope: 'read' | 'write' | 'admin'
  body?: unknown
}

interface Operation {
  /** Set for a route outside the External API. */
  servers?: unknown[]
  security?: unknown[]
  parameters?: { name: string; in: string }[]
  requestBody?: unknown
  'x-scope'?: ApiRoute['scope']
}
interface Document {
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
}

// Every route with a body must be added here.
const BODIES: Record<string, unknown> = { 'PATCH /errors/{id}/groups/{group}': { status: 'ignored' } }

// Routes outside the External API: management of sites, keys, goals and webhooks. None may remove an object
// of the test's own account.
const OTHER_ROUTES: ApiRoute[] = [
  { method: 'GET', path: '/api/sites', isPublic: false, query: [], scope: 'admin' },
  { method: 'GET', path: '/api/sites/{id}', isPublic: false, query: [], scope: 'admin' },
  {
    method: 'PATCH',
    path: '/api/sites/{id}',
    isPublic: false,
    query: [],
    scope: 'admin',
    body: { retention_months: 24 },
  },
  {
    method: 'DELETE',
    path: '/api/sites/{id}/visitors/{visitor}',
    isPublic: false,
    query: [],
    scope: 'admin',
  },
  { method: 'GET', path: '/api/keys', isPublic: false, query: [], scope: 'admin' },
  { method: 'DELETE', path: '/api/keys/{key}', isPublic: false, query: [], scope: 'admin' },
  { method: 'GET', path: '/api/goals', isPublic: false, query: ['site_id'], scope: 'admin' },
  { method: 'GET', path: '/api/goals/{goal}', isPublic: false, query: [], scope: 'admin' },
  {
    method: 'PATCH',
    path: '/api/goals/{goal}',
    isPublic: false,
    query: [],
    scope: 'admin',
    body: { value: 1 },
  },
  { method: 'DELETE', path: '/api/goals/{goal}', isPublic: false, query: [], scope: 'admin' },
  { method: 'GET', path: '/api/alerts', isPublic: false, query: ['site_id'], scope: 'admin' },
  { method: 'GET', path: '/api/alerts/{alert}', isPublic: false, query: [], scope: 'admin' },
  {
    method: 'PATCH',
    path: '/api/alerts/{alert}',
    isPublic: false,
    query: [],
    scope: 'admin',
    body: { threshold: 5 },
  },
  { method: 'DELETE', path: '/api/alerts/{alert}', isPublic: false, query: [], scope: 'admin' },
  { method: 'GET', path: '/api/stream/{id}', isPublic: false, query: [], scope: 'read' },
  { method: 'GET', path: '/api/webhooks?siteId={id}', isPublic: false, query: [], scope: 'read' },
  { method: 'DELETE', path: '/api/webhooks?id={webhook}', isPublic: false, query: [], scope: 'admin' },
  { method: 'GET', path: '/api/activity-log?siteId={id}', isPublic: false, query: [], scope: 'read' },
  { method: 'GET', path: '/v1/cli/mutate/webhooks', isPublic: false, query: [], scope: 'read' },
  { method: 'DELETE', path: '/v1/cli/mutate/webhooks/{webhook}', isPublic: false, query: [], scope: 'admin' },
  {
    method: 'POST',
    path: '/v1/cli/mutate/webhooks/{webhook}/test',
    isPublic: false,
    query: [],
    scope: 'admin',
  },
  {
    method: 'POST',
    path: '/v1/cli/mutate/webhooks/{webhook}/rotate',
    isPublic: false,
    query: [],
    scope: 'admin',
  },
  {
    method: 'POST',
    path: '/v1/cli/mutate/webhooks/{webhook}/enable',
    isPublic: false,
    query: [],
    scope: 'admin',
  },
  {
    method: 'POST',
    path: '/v1/cli/mutate/webhooks/{webhook}/replay',
    isPublic: false,
    query: [],
    scope: 'admin',
    body: { failed_since: '2026-01-01T00:00:00Z' },
  },
]

/** Every route of the served document, so that none is forgotten, and the routes outside it. */
export async function listApiRoutes(): Promise<ApiRoute[]> {
  const { app, close } = await createTestApp()
  const document = (await app.inject('/api/external/v1/openapi.json')).json<Document>()
  await close()
  const base = new URL(document.servers[0]!.url, 'http://localhost').pathname.replace(/\/$/, '')
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { servers }]) => !servers)
      .map(([method, { security, parameters = [], requestBody, 'x-scope': scope = 'read' }]): ApiRoute => {
        const name = `${method.toUpperCase()} ${path}`
        if (requestBody !== undefined && !(name in BODIES))
          throw new Error(`add a body of ${name} to this test`)
        return {
          method: method.toUpperCase(),
          path: base + path,
          isPublic: security?.length === 0,
          query: parameters
            .filter((parameter) => parameter.in === 'query')
            .map((parameter) => parameter.name),
          scope,
          ...(requestBody !== undefined && { body: BODIES[name] }),
        }
      }),
  )
  return [...described, ...OTHER_ROUTES]
}

/**
 * Every route under `/api` and `/v1` that the app serves, with `{}` for its parameters, such as `GET
 * /api/sites/{}`; parsed from the printed route tree.
 */
export async function listServedRoutes(): Promise<string[]> {
  const { app, close } = await createTestApp()
  const routes = await listRoutesOf(app)
  await close()
  return routes.filter((route) => /^\w+ \/(api|v1)\//.test(route))
}

/** Every route of an app, read from the tree that it prints. */
export async function listRoutesOf(app: FastifyInstance): Promise<string[]> {
  await app.ready()
  const tree = app.printRoutes({ commonPrefix: false })
  const parents: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent, text, methods] = /^([\s│]*)[├└]── (\S+) \((.*)\)$/.exec(line) ?? []
    if (text === undefined) return []
    const depth = indent!.length / 4
    parents[depth] = (depth > 0 ? parents[depth - 1] : '') + text
    const path = parents[depth].replace('//', '/').replaceAll(/:\w+/g, '{}')
    return methods!
      .split(', ')
      .filter((method) => method !== 'HEAD' && method !== 'OPTIONS')
      .map((method) => `${method} ${path}`)
  })
}

/** The names of the parameters in a path. */
export function parametersOf({ path }: ApiRoute): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
}

/** The path with its parameters filled in and encoded. */
export function fillPath({ path }: ApiRoute, values: Record<string, string>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name]!))
}
