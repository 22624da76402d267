import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { ErrorBody } from '@zenovay/tracker/contract'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { EXTERNAL_API } from '../../src/http/api/register.js'
import { createStaticFile } from '../../src/http/static-file.js'
import { RAW_ROUTES } from '../../src/routes/index.js'
import { createTestApp, SCRIPT_HASH, type TestApp } from '../support/create-test-app.js'

const DOCUMENTS = [`${EXTERNAL_API}/openapi.json`, `${EXTERNAL_API}/docs`]
const PAGES = ['/dashboard', '/dashboard/dashboard.js', '/dashboard/dashboard.css']

let test: TestApp
let now = 0
beforeAll(async () => {
  test = await createTestApp({ steadyNow: () => now })
})
afterAll(() => test.close())

let clients = 0
const otherClient = () => `10.1.${++clients >> 8}.${clients & 255}`
interface Asked {
  client?: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
}
const ask = (
  url: string,
  { client = otherClient(), method = 'GET', headers = {} }: Asked = {},
): Promise<LightMyRequestResponse> =>
  test.app.inject({
    method,
    url,
    headers: { 'x-forwarded-for': client, 'content-type': 'text/plain', ...headers },
    ...(method === 'POST' && { payload: '{' }),
  })

describe.each([...DOCUMENTS, ...PAGES])('GET %s', (url) => {
  it('lets browsers keep the file and ask whether it has changed', async () => {
    const first = await ask(url)
    expect(first.statusCode).toBe(200)
    expect(first.headers).toMatchObject({
      'cache-control': 'no-cache',
      etag: expect.stringMatching(/^"[0-9a-f]{16}"$/) as string,
      vary: 'Accept-Encoding',
    })
    const etag = String(first.headers.etag)
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const again = await ask(url, { headers: { 'if-none-match': known } })
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
    }
    for (const known of ['"other"', `"x${etag.slice(1)}`])
      expect((await ask(url, { headers: { 'if-none-match': known } })).statusCode).toBe(200)
  })
})

describe.each(DOCUMENTS)('GET %s', (url) => {
  it('sends the document compressed, each encoding with an ETag of its own', async () => {
    const plain = await ask(url)
    const brotli = await ask(url, { headers: { 'accept-encoding': 'gzip, br' } })
    const gzip = await ask(url, { headers: { 'accept-encoding': 'gzip' } })
    expect(plain.rawPayload.length).toBeGreaterThan(10_000)
    expect(brotliDecompressSync(brotli.rawPayload)).toEqual(plain.rawPayload)
    expect(gunzipSync(gzip.rawPayload)).toEqual(plain.rawPayload)
    expect(new Set([plain, brotli, gzip].map(({ headers }) => headers.etag)).size).toBe(3)
  })

  it('does not write the document again for a request', async () => {
    await ask(url)
    const stringify = vi.spyOn(JSON, 'stringify')
    await ask(url)
    expect(stringify).not.toHaveBeenCalled()
    stringify.mockRestore()
  })
})

describe('the rate limit of public routes', () => {
  const routes = [
    ...RAW_ROUTES.filter(({ scope }) => scope === 'public').map(({ method, path }) => ({ method, path })),
    ...DOCUMENTS.map((path) => ({ method: 'GET', path })),
  ].map(({ method, path }) => ({ method: method as 'GET' | 'POST', path }))
  const isScript = (path: string) => /^\/(v\/|\w+\.js)/.test(path)

  it.each(routes)('answers $method $path with 429 over the limit of one client', async ({ method, path }) => {
    const url = path.replace('{code}', test.site.trackingCode).replace('{hash}', SCRIPT_HASH)
    const [client, limit] = [otherClient(), isScript(path) ? 600 : 60]
    for (let count = 0; count < limit; count++)
      expect((await ask(url, { client, method })).statusCode, `request ${count}`).not.toBe(429)
    const refused = await ask(url, { client, method })
    expect(refused.json<ErrorBody>().error.code).toBe('RATE_LIMIT_EXCEEDED')
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '10'])
    const isPrivate = path.startsWith('/mail/')
    expect(refused.headers['access-control-allow-origin']).toBe(isPrivate ? undefined : '*')
    expect((await ask(url, { method })).statusCode).not.toBe(429)
    now += 10_000
    expect((await ask(url, { client, method })).statusCode).not.toBe(429)
  })

  it('is one for documents and dashboard, and another for health checks', async () => {
    const client = otherClient()
    for (let count = 0; count < 60; count++) await ask([...DOCUMENTS, ...PAGES][count % 5]!, { client })
    for (const url of [...DOCUMENTS, ...PAGES, '/']) expect((await ask(url, { client })).statusCode).toBe(429)
    for (const url of ['/health', '/z.js']) expect((await ask(url, { client })).statusCode).toBe(200)
  })
})

it('compresses a file that is loaded often better than others', () => {
  const text = Array.from({ length: 5_000 }, (_, number) => `line ${number % 97} of ${number}`).join('\n')
  const [seldom, often] = [false, true].map((isOften) => createStaticFile(text, 'text/plain', { isOften }))
  expect(often!.brotli.length).toBeLessThan(seldom!.brotli.length)
  expect(often!.hash).toBe(seldom!.hash)
})
