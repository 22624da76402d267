import { createServer, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BURST_LIMIT } from '@zenovay/tracker/contract'
import { createProxy, toFastifyPlugin, toNodeListener } from '@zenovay/tracker/node'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import {
  isInstalled,
  PROXY_PROGRAMS,
  startDocumentedProxy,
  type ProxyOptions,
  type RunningProxy,
} from '../support/start-documented-proxy.js'
import { startRecorder, type Recorder } from '../support/start-recorder.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const KEY = '0123456789abcdef0123456789abcdef0123456789abcdef'

interface Kind {
  name: string
  isMissing: boolean
  /** Caddy has no list of allowed headers. */
  passesUnknownHeaders: boolean
  start: (options: ProxyOptions) => Promise<RunningProxy>
}

const toHandler = ({ collectorPort, key }: ProxyOptions) =>
  createProxy({ collector: `http://127.0.0.1:${collectorPort}`, path: '/stats', key })

const OWN: Kind[] = [
  {
    name: 'createProxy on node:http',
    isMissing: false,
    passesUnknownHeaders: false,
    async start(options) {
      const server = createServer(toNodeListener(toHandler(options)))
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        async close() {
          server.closeAllConnections()
          await new Promise((done) => server.close(done))
        },
      }
    },
  },
  {
    name: 'createProxy on Fastify',
    isMissing: false,
    passesUnknownHeaders: false,
    async start(options) {
      const app = fastify()
      await app.register(toFastifyPlugin(toHandler(options)), { prefix: '/stats' })
      return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
    },
  },
]
const KINDS: Kind[] = [
  ...OWN,
  ...PROXY_PROGRAMS.map((program) => ({
    name: program,
    isMissing: !isInstalled(program),
    passesUnknownHeaders: program === 'caddy',
    start: (options: ProxyOptions) => startDocumentedProxy(program, options),
  })),
]

let collector: TestCollector
let recorder: Recorder

beforeAll(async () => {
  collector = await startTestCollector({ PROXY_KEYS: KEY })
  recorder = await startRecorder(() => collector.url)
})
afterAll(async () => {
  await recorder.stop()
  await collector.close()
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

interface Sent {
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string | undefined
  /** Address of the visitor, one of 127.0.0.0/8. */
  from?: string
}

/** Sends a request as it stands: `fetch` would resolve the path and refuse headers. */
function send(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body, from }: Sent = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const options = {
      hostname,
      port,
      path,
      method,
      headers,
      agent: false,
      ...(from && { localAddress: from }),
    }
    request(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: text }),
      )
      response.on('error', reject)
    })
      .on('error', reject)
      .end(body)
  })
}

describe.each(KINDS)('$name', ({ isMissing, passesUnknownHeaders, start }) => {
  let proxy: RunningProxy
  beforeAll(async () => {
    if (!isMissing) proxy = await start({ collectorPort: recorder.port, key: KEY })
  })
  afterAll(() => proxy?.close())

  const post = (event: unknown, sent: Sent = {}) =>
    send(proxy.url, `/stats/e/${collector.site.trackingCode}`, {
      method: 'POST',
      body: JSON.stringify(event),
      ...sent,
      headers: { 'content-type': 'text/plain', origin: 'https://example.com', ...sent.headers },
    })

  it.skipIf(isMissing)('passes on scripts, events, heartbeats and the live count', async () => {
    const code = collector.site.trackingCode
    for (const name of ['z', 'live', 'capture', 'signals', 'vitals']) {
      const script = await send(proxy.url, `/stats/${name}.js`)
      const direct = await (await collector.get(`/${name}.js`)).text()
      expect([script.status, script.body], name).toEqual([200, direct])
      const again = await send(proxy.url, `/stats/${name}.js`, {
        headers: { 'if-none-match': script.headers['etag'] },
      })
      expect(again.status).toBe(304)
    }
    const event = makeEvent()
    expect(await post(event)).toMatchObject({ status: 200, body: '{"success":true}' })
    const heartbeat = { session_id: event.session_id, visitor_id: event.visitor_id }
    expect(
      await send(proxy.url, `/stats/e/heartbeat/${code}`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(heartbeat),
      }),
    ).toMatchObject({ status: 200 })
    expect(JSON.parse((await send(proxy.url, `/stats/e/live/${code}`)).body)).toMatchObject({
      visitors: expect.any(Number) as number,
    })
    expect(
      await collector.select(`SELECT count() AS n FROM events WHERE event_id = '${event.event_id}'`),
    ).toEqual([{ n: 1 }])
  })

  it.skipIf(isMissing)('passes on nothing else', async () => {
    const code = collector.site.trackingCode
    const before = recorder.requests.length
    for (const path of [
      '/',
      '/stats',
      '/stats/',
      '/z.js',
      '/stats/metrics',
      '/stats/api/sites',
      '/stats/api/external/v1/openapi.json',
      '/stats/health',
      '/stats/z.js/',
      '/stats/x.js',
      '/stats/v/zz/z.js',
      `/stats/e/${code}/more`,
      `/stats/e/${code.toLowerCase()}`,
      '/stats/e/../metrics',
      '/stats/%2e%2e/metrics',
      '/stats/e/%2e%2e/%2e%2e/metrics',
      '/stats//collector.example/metrics',
      '/stats/z.js%2f..%2f..%2fmetrics',
      '/stats/z.js\\..\\metrics',
      'http://collector.example/metrics',
    ]) {
      const { status, body } = await send(proxy.url, path)
      // Caddy answers for a host that is not configured with nothing.
      if (status !== 200 || body !== '') expect(status, path).toBeGreaterThanOrEqual(400)
    }
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await send(proxy.url, `/stats/e/${code}`, { method })).status, method).toBeGreaterThanOrEqual(
        400,
      )
    // Neither a method nor a path of these exists at the collector for a visitor.
    expect(recorder.requests.slice(before).filter(({ url }) => !/^\/e\/ZV_\w+$/.test(url!))).toEqual([])
  })

  it.skipIf(isMissing)('passes on no header but those of an event, and no cookie of an answer', async () => {
    const forged = {
      cookie: 'session=hidden-1',
      authorization: 'Bearer hidden-2',
      'x-api-key': 'hidden-3',
      'x-forwarded-for': '8.8.8.8',
      'x-forwarded-host': 'hidden.example',
      'x-real-ip': '8.8.8.8',
      forwarded: 'for=8.8.8.8',
      'cf-connecting-ip': '8.8.8.8',
      'true-client-ip': '8.8.8.8',
      'x-zenovay-client-address': '8.8.8.8',
      'x-zenovay-country': 'CH',
      'x-zenovay-proxy-key': 'hidden-4',
    }
    const kept = { 'user-agent': 'Kept/1.0', 'accept-language': 'de-CH', 'sec-gpc': '1' }
    const event = makeEvent()
    const answer = await post(event, { from: '127.0.0.9', headers: { ...forged, ...kept } })
    expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined])
    const { headers } = recorder.requests.at(-1)!
    expect(headers).toMatchObject({
      ...kept,
      origin: 'https://example.com',
      'content-type': 'text/plain',
      'x-zenovay-proxy-key': KEY,
      'x-zenovay-client-address': '127.0.0.9',
    })
    const text = JSON.stringify({ ...headers, 'x-zenovay-proxy-key': '' })
    expect(text).not.toMatch(/hidden|cookie|forwarded-for/)
    if (!passesUnknownHeaders) expect(text).not.toContain('8.8.8.8')
    expect(headers).not.toHaveProperty('x-zenovay-country')
    const [row] = await collector.select(
      `SELECT country, visitor_id FROM events WHERE event_id = '${event.event_id}'`,
    )
    expect(row).toMatchObject({ country: '' })
  })

  it.skipIf(isMissing)('gives each of 20 visitors limits of its own', async () => {
    const events = (count: number) => Array.from({ length: count }, () => makeEvent())
    const visitors = Array.from({ length: 20 }, (_, index) => `127.0.1.${index + 1}`)
    for (const from of visitors)
      for (let sent = 0; sent < BURST_LIMIT; sent += 30)
        expect((await post(events(30), { from })).status).toBe(200)
    const limited = await post(events(1), { from: visitors[0]! })
    expect(limited.status).toBe(429)
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    collector.passMinute()
  })

  it.skipIf(isMissing)(
    'answers with an error while the collector is away, and refuses large bodies',
    async () => {
      expect((await post('x'.repeat(65 * 1024))).status).toBeOneOf([413, 502])
      await recorder.stop()
      expect((await post(makeEvent())).status).toBeGreaterThanOrEqual(500)
      await recorder.start()
      await expect.poll(async () => (await post(makeEvent())).status, { timeout: 20_000 }).toBe(200)
    },
  )
})
