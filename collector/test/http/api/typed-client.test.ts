import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../../support/make-event.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'

const CACHE = join(import.meta.dirname, '../../../../node_modules/.cache')

const CLIENT = `
import createClient from 'openapi-fetch'
import type { paths } from './api.js'

export async function readFigures({ baseUrl, key, id }: { baseUrl: string; key: string; id: string }): Promise<[number, number, string[]]> {
  const client = createClient<paths, 'application/json'>({ baseUrl, headers: { 'X-API-Key': key } })
  const { data, error } = await client.GET('/analytics/{id}', { params: { path: { id }, query: { range: '7d', browser: 'Firefox', property: { plan: 'pro' } } } })
  if (error) throw new Error(error.error.message)
  const refused = await client.GET('/analytics/{id}/pages', { params: { path: { id }, query: { limit: 0 } } })
  return [data.data.summary.total_visitors, data.data.daily_stats.length, refused.error?.error.details?.map(({ field }) => field) ?? []]
}

export async function misuse(baseUrl: string): Promise<void> {
  const client = createClient<paths, 'application/json'>({ baseUrl })
  // @ts-expect-error A range that there is not.
  await client.GET('/analytics/{id}', { params: { path: { id: '' }, query: { range: '2h' } } })
  // @ts-expect-error A route that there is not.
  await client.GET('/analytics/{id}/nothing', { params: { path: { id: '' } } })
}
`

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
}

interface Client {
  readFigures(access: { baseUrl: string; key: string; id: string }): Promise<unknown>
}

let collector: TestCollector
let folder: string
beforeAll(async () => {
  collector = await startTestCollector()
  const visit = { visitor_id: 'visitor-0002', session_id: 'session-0002' }
  await collector.post([
    makeEvent(),
    makeEvent(visit),
    makeEvent({ ...visit, event_type: 'custom', event_name: 'signup', properties: { plan: 'pro' } }),
  ])
  // A folder where openapi-fetch can be resolved.
  await mkdir(CACHE, { recursive: true })
  folder = await mkdtemp(join(CACHE, 'typed-client-'))
})
afterAll(async () => {
  await collector.close()
  await rm(folder, { recursive: true })
})

it('generates a client from the OpenAPI document that compiles and reads a running collector', async () => {
  const document = await (await collector.get('/api/external/v1/openapi.json')).text()
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'api.d.ts'), astToString(await openapiTS(document)))
  const file = join(folder, 'client.ts')
  await writeFile(file, CLIENT)

  const program = ts.createProgram([file], OPTIONS)
  expect(
    ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  ).toEqual([])
  program.emit()

  const { readFigures } = (await import(pathToFileURL(join(folder, 'client.js')).href)) as Client
  expect(
    await readFigures({
      baseUrl: `${collector.url}/api/external/v1`,
      key: collector.apiKey,
      id: collector.site.id,
    }),
  ).toEqual([1, 7, ['limit']])
})
