import { describe, expect, it, vi } from 'vitest'
import { createProxy, type ProxyOptions, type RequestContext } from '../../src/server/create-proxy.js'
import { OptionsError } from '../../src/server/options-error.js'
import { createFakeClock } from './fake-clock.js'

const CODE = 'ZV_AAAAAAAAAAA'
const KEY = 'a'.repeat(64)
const ORIGIN = 'https://shop.example'
const MINUTE_MS = 60_000

type Respond = (url: string, headers: Headers) => Response | Promise<Response>

const script = (text: string, headers: Record<string, string> = {}) =>
  new Response(text, {
    headers: {
      'content-type': 'text/javascript',
      'cache-control': 'public, max-age=60',
      etag: `"${text}"`,
      'set-cookie': 'planted=1',
      'content-encoding': 'identity',
      ...headers,
    },
  })
const refusal = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ success: false, error: { code: 'NOT_FOUND', message: 'x' } }, { status, headers })

/** A proxy before a collector that answers with `respond`, and what reached that. */
function openProxy(respond: Respond, options: Partial<ProxyOptions> = {}) {
  const sent: { url: string; headers: Headers; init: RequestInit; body: string | undefined }[] = []
  const clock = createFakeClock()
  const fetch = vi.fn(async (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    const body = init.body === undefined ? undefined : new TextDecoder().decode(init.body as ArrayBuffer)
    sent.push({ url, headers, init, body })
    return respond(url, headers)
  }) as unknown as typeof globalThis.fetch
  const proxy = createProxy({
    collector: 'https://collector.example/base/',
    path: '/stats',
    fetch,
    clock,
    ...options,
  })
  const ask = (path: string, init: RequestInit = {}, context?: RequestContext) =>
    proxy(new Request(ORIGIN + path, init), context)
  const post = (init: RequestInit = {}, context?: RequestContext) =>
    ask(`/stats/e/${CODE}`, { method: 'POST', body: '[]', ...init }, context)
  return { ask, post, sent, clock }
}

const success = () => Response.json({ success: true }, { headers: { 'set-cookie': 'planted=1' } })

describe('paths and methods', () => {
  it.each([
    ['GET', '/stats/z.js', '/z.js'],
    ['HEAD', '/stats/z.js', '/z.js'],
    ['GET', '/stats/capture.js.map', '/capture.js.map'],
    ['GET', '/stats/v/0123456789abcdef/signals.js', '/v/0123456789abcdef/signals.js'],
    ['GET', '/stats/live.js?x=1#y', '/live.js'],
    ['GET', `/stats/e/live/${CODE}?x=1`, `/e/live/${CODE}`],
    ['GET', `/stats/live/${CODE}`, `/live/${CODE}`],
    ['POST', `/stats/e/${CODE}?x=1`, `/e/${CODE}`],
    ['POST', `/stats/e/heartbeat/${CODE}`, `/e/heartbeat/${CODE}`],
  ])('%s %s reaches the collector', async (method, path, target) => {
    const { ask, sent } = openProxy((url) =>
      /js/.test(url)
        ? script('x', /map$/.test(url) ? { 'content-type': 'application/json' } : {})
        : success(),
    )
    const answer = await ask(path, { method, ...(method === 'POST' && { body: '{}' }) })
    expect(answer.status).toBe(200)
    expect(sent.map(({ url }) => url)).toEqual([`https://collector.example/base${target}`])
    expect(await answer.text()).toBe(method === 'HEAD' ? '' : /js/.test(path) ? 'x' : '{"success":true}')
  })

  it.each([
    ['GET', '/z.js'],
    ['GET', '/stats'],
    ['GET', '/stats/'],
    ['GET', '/statsz.js'],
    ['GET', '/stats/metrics'],
    ['GET', '/stats/api/sites'],
    ['GET', '/stats/a.js'],
    ['GET', '/stats/z.js/'],
    ['GET', '/stats/v/../metrics'],
    ['GET', '/stats/%2e%2e/%2e%2e/metrics'],
    ['GET', '/stats/e/..%2f..%2fmetrics'],
    ['GET', '/stats//other.example/z.js'],
    ['GET', '/stats/\\other.example\\z.js'],
    ['GET', '/stats/z.js%00'],
    ['GET', `/stats/e/${CODE}`],
    ['POST', '/stats/z.js'],
    ['POST', `/stats/e/live/${CODE}`],
    ['POST', `/stats/e/${CODE}/x`],
    ['POST', `/stats/e/${CODE.toLowerCase()}`],
    ['PUT', `/stats/e/${CODE}`],
    ['DELETE', '/stats/z.js'],
    ['OPTIONS', `/stats/e/${CODE}`],
  ])('%s %s is a 404 that reaches nothing', async (method, path) => {
    const { ask, sent } = openProxy(success)
    const answer = await ask(path, { method, ...(/PO|PU/.test(method) && { body: '{}' }) })
    expect(await answer.json()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } })
    expect([answer.status, sent]).toEqual([404, []])
  })
})

describe('headers', () => {
  const FORGED = {
    cookie: 'session=hidden',
    authorization: 'Bearer hidden',
    'x-api-key': 'hidden',
    'x-forwarded-for': '8.8.8.8',
    'x-forwarded-host': 'hidden',
    'x-real-ip': '8.8.8.8',
    forwarded: 'for=8.8.8.8',
    'true-client-ip': '8.8.8.8',
    'x-zenovay-client-address': '8.8.8.8',
    'x-zenovay-country': 'CH',
    'x-zenovay-proxy-key': 'hidden',
    te: 'trailers',
  }
  const KEPT = {
    origin: ORIGIN,
    'user-agent': 'Browser/1',
    'accept-language': 'de-CH,de',
    'sec-gpc': '1',
    'content-type': 'text/plain',
  }

  it('passes on what describes an event, the address of the socket and nothing that is forged', async () => {
    const { post, sent } = openProxy(success, { key: KEY })
    const answer = await post(
      { headers: { ...FORGED, ...KEPT }, body: '{"x":"ü"}' },
      { clientAddress: '192.0.2.1' },
    )
    expect(Object.fromEntries(sent[0]!.headers)).toEqual({
      ...KEPT,
      'x-zenovay-proxy-key': KEY,
      'x-zenovay-client-address': '192.0.2.1',
    })
    expect([sent[0]!.body, sent[0]!.init.redirect]).toEqual(['{"x":"ü"}', 'manual'])
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it('sends no address without a key, and no key without an address', async () => {
    for (const [options, context] of [
      [{}, { clientAddress: '192.0.2.1' }],
      [{ key: KEY }, {}],
      [{ key: KEY }, { clientAddress: "192.0.2.1' x" }],
      [{ key: KEY, clientAddress: () => undefined }, { clientAddress: '192.0.2.1' }],
    ] as [Partial<ProxyOptions>, RequestContext][]) {
      const { post, sent } = openProxy(success, options)
      await post({ headers: FORGED }, context)
      expect([...sent[0]!.headers.keys()].filter((name) => name.startsWith('x-zenovay'))).toEqual([])
    }
  })

  it.each([
    ['vercel', { 'x-real-ip': '2001:db8::1', 'x-vercel-ip-country': 'CH' }, '2001:db8::1', 'CH'],
    ['cloudflare', { 'cf-connecting-ip': '192.0.2.7', 'cf-ipcountry': 'DE' }, '192.0.2.7', 'DE'],
    ['cloudflare', { 'cf-connecting-ip': '192.0.2.7', 'cf-ipcountry': 'T1' }, '192.0.2.7', null],
    ['netlify', { 'x-nf-client-connection-ip': '192.0.2.7' }, '192.0.2.7', null],
    ['fly', { 'fly-client-ip': '192.0.2.7' }, '192.0.2.7', null],
    [(request: Request) => request.headers.get('x-own') ?? '', { 'x-own': '192.0.2.8' }, '192.0.2.8', null],
  ] as const)('reads the address of %s', async (clientAddress, headers, address, country) => {
    const { post, sent } = openProxy(success, { key: KEY, clientAddress })
    await post({ headers: { 'x-forwarded-for': '8.8.8.8', ...headers } }, { clientAddress: '127.0.0.1' })
    expect(sent[0]!.headers.get('x-zenovay-client-address')).toBe(address)
    expect(sent[0]!.headers.get('x-zenovay-country')).toBe(country)
  })
})

describe('answers', () => {
  it('passes on the status and Retry-After of the collector', async () => {
    const { post } = openProxy(() => refusal(429, { 'retry-after': '7', 'x-powered-by': 'hidden' }))
    const answer = await post()
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.has('x-powered-by')]).toEqual([
      429,
      '7',
      false,
    ])
    expect(await answer.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })

  it.each<[string, Respond]>([
    ['a login page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['an empty answer', () => new Response('')],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
    ['other JSON', () => Response.json({ ok: true })],
    ['a lost connection', () => Promise.reject(new TypeError('fetch failed'))],
    [
      'a body that is cut off',
      () => new Response(new ReadableStream({ start: (c) => c.error(new Error('cut')) })),
    ],
    [
      'a body without end',
      () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })),
    ],
    ['502 of a gateway', () => new Response('Bad gateway', { status: 502 })],
  ])('is a 503 with Retry-After for %s', async (_, respond) => {
    const { ask, post } = openProxy(respond)
    for (const answer of [await post(), await ask('/stats/z.js'), await ask(`/stats/e/live/${CODE}`)]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(await answer.json()).toMatchObject({ success: false, error: { code: 'STORE_UNAVAILABLE' } })
    }
  })

  it('refuses a body of more than 64 KiB, announced or not, and reads no more of it', async () => {
    const { post, sent } = openProxy(success)
    let pulled = 0
    const endless = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array((pulled += 1) && 16_384)) })
    for (const init of [{ body: 'x'.repeat(65_537) }, { body: endless, duplex: 'half' }])
      expect((await post(init as RequestInit)).status).toBe(413)
    expect(pulled).toBeLessThan(10)
    expect((await post({ body: 'x'.repeat(65_536) })).status).toBe(200)
    expect(sent).toHaveLength(1)
  })

  it('passes on nothing of a sender who stops halfway', async () => {
    const { post, sent } = openProxy(success)
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('[{'))
        controller.error(new Error('gone'))
      },
    })
    expect((await post({ body, duplex: 'half' } as RequestInit)).status).toBe(400)
    expect(sent).toEqual([])
  })

  it('passes on nothing of a sender who is not done within 30 seconds', async () => {
    vi.useFakeTimers()
    const { post, sent } = openProxy(success)
    const answer = post({ body: new ReadableStream(), duplex: 'half' } as RequestInit)
    await vi.advanceTimersByTimeAsync(30_000)
    expect((await answer).status).toBe(400)
    expect([sent, vi.getTimerCount()]).toEqual([[], 0])
    vi.useRealTimers()
  })

  it('passes on the event of a page that is left before the answer', async () => {
    const leaving = new AbortController()
    let finish = () => {}
    const { post, sent } = openProxy(() => new Promise((resolve) => (finish = () => resolve(success()))))
    const answer = post({ signal: leaving.signal })
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    leaving.abort()
    finish()
    expect((await answer).status).toBe(200)
    expect(sent[0]!.init.signal!.aborted).toBe(false)
  })
})

describe('scripts', () => {
  it('asks the collector again when they are old, and with their ETag', async () => {
    let text = 'first'
    const { ask, sent, clock } = openProxy((_, headers) =>
      headers.get('if-none-match') === `"${text}"` ? new Response(null, { status: 304 }) : script(text),
    )
    const read = async () => (await ask('/stats/z.js')).text()
    expect([await read(), await read(), sent.length]).toEqual(['first', 'first', 1])
    await clock.pass(MINUTE_MS + 1)
    expect([await read(), await read(), sent.length]).toEqual(['first', 'first', 2])
    text = 'second'
    await clock.pass(MINUTE_MS + 1)
    expect([await read(), sent.length]).toEqual(['second', 3])
  })

  it('answers with the headers of the script, and 304 to a browser that has it', async () => {
    const { ask } = openProxy(() => script('x'))
    const first = await ask('/stats/z.js')
    expect(Object.fromEntries(first.headers)).toEqual({
      'cache-control': 'public, max-age=60',
      'content-type': 'text/javascript',
      etag: '"x"',
    })
    for (const known of ['"x"', 'W/"x"', '"a", "x"']) {
      const again = await ask('/stats/z.js', { headers: { 'if-none-match': known } })
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', '"x"'])
    }
    expect((await ask('/stats/z.js', { headers: { 'if-none-match': '"y"' } })).status).toBe(200)
  })

  it('answers with the old one while the collector is away, and soon with the new one', async () => {
    let isAway = false
    let text = 'old'
    const { ask, sent, clock } = openProxy(() => (isAway ? new Response('', { status: 502 }) : script(text)))
    const read = async () => (await ask('/stats/z.js')).text()
    await read()
    isAway = true
    await clock.pass(24 * 60 * MINUTE_MS)
    expect([await read(), await read(), sent.length]).toEqual(['old', 'old', 2])
    ;[isAway, text] = [false, 'new']
    await clock.pass(MINUTE_MS)
    expect(await read()).toBe('new')
  })

  it('answers at once with the old one while one request asks for the new one', async () => {
    let text = 'old'
    let finish = () => {}
    const { ask, sent, clock } = openProxy(() =>
      text === 'old' ? script(text) : new Promise((resolve) => (finish = () => resolve(script(text)))),
    )
    const read = async () => (await ask('/stats/z.js')).text()
    await read()
    text = 'new'
    await clock.pass(MINUTE_MS + 1)
    const first = read()
    await vi.waitFor(() => expect(sent).toHaveLength(2))
    expect([await read(), await read(), sent.length]).toEqual(['old', 'old', 2])
    finish()
    expect([await first, await read(), sent.length]).toEqual(['new', 'new', 2])
  })

  it('passes on refusals and keeps none', async () => {
    const { ask, sent } = openProxy(() => refusal(404))
    for (let asked = 1; asked <= 2; asked++) {
      const answer = await ask('/stats/v/00/z.js')
      expect([answer.status, await answer.json(), sent.length]).toMatchObject([
        404,
        { success: false },
        asked,
      ])
    }
  })

  it('keeps 40 scripts at most', async () => {
    const { ask, sent } = openProxy(() => script('x'))
    for (let version = 0; version < 50; version++) await ask(`/stats/v/${version}/z.js`)
    await ask('/stats/v/49/z.js')
    expect(sent).toHaveLength(50)
    await ask('/stats/v/0/z.js')
    expect(sent).toHaveLength(51)
  })
})

it('lists every option that is not valid', () => {
  const create = () =>
    createProxy({
      collector: 'ftp://collector.example',
      path: 'stats/',
      key: 'short',
      clientAddress: 'nginx' as 'fly',
      fetch: 1 as unknown as typeof fetch,
    })
  expect(create).toThrow(OptionsError)
  expect(create).toThrow(
    /createProxy: collector must .* · path must .* · key must .* · clientAddress must .* · fetch must/,
  )
  expect(() => createProxy(undefined as unknown as ProxyOptions)).toThrow(/collector must .* · path must/)
})
