import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let collector: TestCollector

beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

/** A GET that returns the body as sent over the wire; fetch would decompress it. */
function getRaw(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(collector.url + path, { headers }, (answer) => {
      const chunks: Buffer[] = []
      answer
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () =>
          resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }),
        )
    })
      .on('error', reject)
      .end()
  })
}

describe.each(['z', 'live', 'capture', 'signals', 'vitals'])('GET /%s.js', (name) => {
  const built = readFileSync(new URL(`../../../dist/${name}.js`, import.meta.url))
  const hash = createHash('sha256').update(built).digest('hex').slice(0, 16)

  it('serves the built script uncompressed, with Brotli and with gzip', async () => {
    expect((await getRaw(`/${name}.js`, {})).body).toEqual(built)
    const brotli = await getRaw(`/${name}.js`, { 'accept-encoding': 'gzip, deflate, br' })
    expect(brotli.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(brotli.body)).toEqual(built)
    const gzip = await getRaw(`/${name}.js`, { 'accept-encoding': 'gzip' })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.body)).toEqual(built)
  })

  it('answers 304 if the ETag of a script matches', async () => {
    const { headers } = await getRaw(`/${name}.js`, { 'accept-encoding': 'br' })
    const again = await getRaw(`/${name}.js`, {
      'accept-encoding': 'br',
      'if-none-match': String(headers['etag']),
    })
    expect(again.status).toBe(304)
    expect(again.body).toHaveLength(0)
  })

  it('caches a script briefly under its name and permanently under its hash', async () => {
    const short = await getRaw(`/${name}.js`, {})
    expect(short.headers['cache-control']).toContain('max-age=3600')
    expect(short.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Accept-Encoding',
      'content-type': 'text/javascript; charset=utf-8',
    })
    const immutable = await getRaw(`/v/${hash}/${name}.js`, {})
    expect(immutable.headers['cache-control']).toContain('immutable')
    expect(immutable.body).toEqual(built)
    expect((await getRaw(`/v/0000000000000000/${name}.js`, {})).status).toBe(404)
  })

  it('serves the source map beside the script, under its name and under the hash of the script', async () => {
    const map = readFileSync(new URL(`../../../dist/${name}.js.map`, import.meta.url))
    const short = await getRaw(`/${name}.js.map`, {})
    expect(short.headers).toMatchObject({
      'cache-control': expect.stringContaining('max-age=3600') as string,
      'content-type': 'application/json; charset=utf-8',
    })
    expect(short.body).toEqual(map)
    const brotli = await getRaw(`/${name}.js.map`, { 'accept-encoding': 'br' })
    expect(brotliDecompressSync(brotli.body)).toEqual(map)
    const immutable = await getRaw(`/v/${hash}/${name}.js.map`, {})
    expect(immutable.headers['cache-control']).toContain('immutable')
    expect(immutable.body).toEqual(map)
    expect((await getRaw(`/v/0000000000000000/${name}.js.map`, {})).status).toBe(404)
  })

  it('does not name the source map in the script or its headers', async () => {
    const script = await getRaw(`/${name}.js`, {})
    expect(script.headers).not.toHaveProperty('sourcemap')
    expect(script.body.toString()).not.toContain('sourceMappingURL')
  })
})
