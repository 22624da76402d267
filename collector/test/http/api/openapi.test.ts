import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OpenApiDocument } from '../../../src/http/api/openapi.js'
import { createFairQueue } from '../../../src/fair-queue.js'
import { addExternalApi, EXTERNAL_API } from '../../../src/http/api/register.js'
import { EXTERNAL_ROUTES } from '../../../src/routes/index.js'
import { MADE_UP_REPORTS } from '../../support/made-up-reports.js'
import { misfits } from '../../support/misfits.js'
import { type ExternalApi, openExternalApi } from '../../support/open-external-api.js'

let api: ExternalApi
let document: OpenApiDocument
beforeAll(async () => {
  api = await openExternalApi(MADE_UP_REPORTS)
  document = (await api.get('/openapi.json', { 'x-api-key': '' })).body as unknown as OpenApiDocument
})
afterAll(() => api.close())

describe('the OpenAPI document', () => {
  it('serves a valid OpenAPI 3.1 document without a key', async () => {
    const result = await new Validator().validate(structuredClone(document))
    expect(result).toMatchObject({ valid: true })
    expect(document.openapi).toBe('3.1.0')
  })

  it('describes exactly the served routes in the OpenAPI document', async () => {
    const served: string[] = []
    const app = Fastify()
    app.addHook(
      'onRoute',
      ({ method, url }) => void served.push(...[method].flat().map((one) => `${one} ${url}`)),
    )
    addExternalApi(app, {
      services: {} as never,
      gate: { enter: () => Promise.reject(new Error('not asked')) },
      queue: createFairQueue({ concurrent: 1, perAccount: 1 }),
      routes: EXTERNAL_ROUTES,
      documented: [],
      deliveries: [],
      limitDocuments: (_request, _reply, next) => next(),
      now: Date.now,
    })
    await app.ready()
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => !methods[method]!['servers'])
        .map((method) => `${method.toUpperCase()} ${EXTERNAL_API}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(served.filter((route) => !route.startsWith('HEAD ') && !route.endsWith('/docs')).sort()).toEqual(
      described.sort(),
    )
  })

  it('describes every path parameter in the OpenAPI document', () => {
    for (const { path, params } of EXTERNAL_ROUTES)
      expect(Object.keys(params.properties), path).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      )
  })
})

it.each(EXTERNAL_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'documents an example of %s that matches its schema',
  (_, route) => {
    expect(misfits(route.data!, route.example)).toEqual([])
  },
)

const QUESTIONS = EXTERNAL_ROUTES.filter(({ method }) => method === 'GET').flatMap((route) =>
  ['', 'limit=1', 'compare=previous', ...(route.path.endsWith('/vitals') ? ['by=device'] : ['by=channel'])]
    .filter((query) => query === '' || query.split('=')[0]! in route.query.properties)
    .map((query) => [`${route.path}?${query}`, route] as const),
)

it.each(QUESTIONS)('returns exactly the documented response for %s', async (url, route) => {
  const path = url.replace('{visitor}', 'visitor-3').replace('{name}', 'signup').replace('{group}', 'a1')
  const { status, body } = await api.get(path)
  expect(status).toBe(200)
  const {
    success: _success,
    timestamp: _timestamp,
    data,
    ...beside
  } = body as unknown as Record<string, unknown>
  expect(misfits(route.data!, data)).toEqual([])
  if (route.beside) expect(misfits(route.beside, beside)).toEqual([])
  else expect(beside).toEqual({})
})

it('serves the API documentation as an HTML page without scripts', async () => {
  const { status, headers, text } = await api.get('/docs', { 'x-api-key': '' })
  expect(status).toBe(200)
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
  for (const path of Object.keys(document.paths)) expect(text).toContain(path)
  expect(text).not.toMatch(/<script|\son\w+=/)
})
