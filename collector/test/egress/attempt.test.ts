import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { ATTEMPT_DEADLINE_MS, createAttempt } from '../../src/egress/attempt.js'
import { createEgressGuard } from '../../src/egress/guard.js'
import { startReceiver, TEST_CA } from '../support/start-receiver.js'

const LOOPBACK = ['127.0.0.1', '127.0.0.3']
const attempt = createAttempt({ guard: createEgressGuard({ allowLoopback: LOOPBACK }), ca: TEST_CA })
const never = new AbortController().signal
const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

const send = (url: string, options: Partial<Parameters<typeof attempt>[0]> = {}) =>
  attempt({ url, body: '{}', headers: {}, signal: never, ...options })

async function openReceiver(options: Parameters<typeof startReceiver>[0] = {}) {
  const receiver = await startReceiver(options)
  closing.push(receiver.close)
  return receiver
}

describe('an attempt', () => {
  it('posts the exact webhook body and headers, and returns the response text', async () => {
    const receiver = await openReceiver({
      answers: [
        { status: 202, headers: { 'content-type': 'text/html' }, body: '<script>alert("é")</script>' },
      ],
    })
    const body = '{"text":"\u2028 🎉 \\ud800"}'
    const result = await send(`${receiver.url}?a=1&b=%20`, {
      body,
      headers: { 'X-Zenovay-Event': 'pageview' },
    })
    expect(result).toEqual({
      status: 202,
      error: undefined,
      answer: '<script>alert("é")</script>',
      durationMs: expect.any(Number) as number,
    })
    expect(receiver.received).toMatchObject([
      {
        method: 'POST',
        path: '/hook?a=1&b=%20',
        body,
        headers: {
          'content-type': 'application/json',
          'x-zenovay-event': 'pageview',
          'content-length': String(Buffer.byteLength(body)),
        },
      },
    ])
  })

  it('does not follow redirects of an endpoint', async () => {
    const decoy = await openReceiver()
    for (const status of [301, 302, 303, 307, 308]) {
      const receiver = await openReceiver({ otherwise: { status, headers: { location: decoy.url } } })
      expect(await send(receiver.url)).toMatchObject({ status, error: undefined })
      expect(receiver.received).toHaveLength(1)
    }
    expect(decoy.connections()).toBe(0)
  })

  it('reads at most 64 KB of a response and returns at most 4 KB', async () => {
    const receiver = await openReceiver({ otherwise: { body: `a${'é'.repeat(500_000)}` } })
    const { status, answer } = await send(receiver.url)
    expect(status).toBe(200)
    expect(answer).toBe(`a${'é'.repeat(2_047)}`)
  })

  it('trusts only certificates of known authorities for the exact host', async () => {
    const selfSigned = await openReceiver({ certificate: 'self-signed' })
    const other = await openReceiver({ host: '127.0.0.3' })
    const ours = await openReceiver()
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect(await send(selfSigned.url)).toMatchObject({ status: undefined, error: 'tls' })
      expect(await send(other.url)).toMatchObject({ status: undefined, error: 'tls' })
      const withoutCa = createAttempt({ guard: createEgressGuard({ allowLoopback: LOOPBACK }) })
      expect(await withoutCa({ url: ours.url, body: '{}', headers: {}, signal: never })).toMatchObject({
        status: undefined,
        error: 'tls',
      })
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    }
    expect([...selfSigned.received, ...other.received, ...ours.received]).toEqual([])
  })

  it('rejects connections with TLS versions below 1.2', async () => {
    const folder = new URL('../../../test/fixtures/tls/', import.meta.url)
    const [key, cert] = ['receiver.key', 'receiver.pem'].map((name) => readFileSync(new URL(name, folder)))
    const server = createTlsServer({
      key,
      cert,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    }).on('tlsClientError', () => {})
    expect(await send(`https://127.0.0.1:${await listen(server)}/`)).toMatchObject({
      status: undefined,
      error: 'tls',
    })
  })

  it('ignores proxy settings in environment variables', async () => {
    const [proxy, receiver] = [await openReceiver(), await openReceiver()]
    const names = [
      'HTTPS_PROXY',
      'https_proxy',
      'HTTP_PROXY',
      'http_proxy',
      'ALL_PROXY',
      'NODE_USE_ENV_PROXY',
    ]
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : proxy.url
    const result = await createAttempt({
      guard: createEgressGuard({ allowLoopback: LOOPBACK }),
      ca: TEST_CA,
    })({ url: receiver.url, body: '{}', headers: {}, signal: never })
    for (const name of names) delete process.env[name]
    expect(result.status).toBe(200)
    expect(proxy.connections()).toBe(0)
  })

  it('returns the kind of error if an endpoint sends no response', async () => {
    const gone = await startReceiver()
    await gone.close()
    expect(await send(gone.url)).toMatchObject({ status: undefined, error: 'connection', answer: '' })
    const resetting = await openReceiver({ otherwise: 'reset' })
    expect(await send(resetting.url)).toMatchObject({ status: undefined, error: 'connection' })
    const babbling = await openReceiver({
      otherwise: (response) => void response.socket!.end('220 mail.example ESMTP\r\n'),
    })
    expect(await send(babbling.url)).toMatchObject({ status: undefined, error: 'connection' })
    const plain = createTcpServer(
      (socket) => void socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\n\r\n'),
    )
    expect(await send(`https://127.0.0.1:${await listen(plain)}/`)).toMatchObject({
      status: undefined,
      error: 'tls',
    })
    const cutting = createTcpServer(
      (socket) => void socket.on('error', () => {}).on('data', () => socket.resetAndDestroy()),
    )
    expect(await send(`https://127.0.0.1:${await listen(cutting)}/`)).toMatchObject({
      status: undefined,
      error: 'connection',
    })
    for (const lookUp of [async () => [], () => Promise.reject(new Error('SERVFAIL'))]) {
      const lost = createAttempt({ guard: createEgressGuard({ allowLoopback: [], lookUp }) })
      expect(
        await lost({ url: 'https://hooks.example/', body: '{}', headers: {}, signal: never }),
      ).toMatchObject({ status: undefined, error: 'dns' })
    }
  })

  it('ends an attempt immediately when it is aborted at any stage', async () => {
    const hanging = await openReceiver({ otherwise: 'hang' })
    const ending = new AbortController()
    const sent = send(hanging.url, { signal: ending.signal })
    await hanging.waitFor(1)
    const began = performance.now()
    ending.abort()
    expect(await sent).toMatchObject({ status: undefined, error: 'cancelled' })
    expect(await send(hanging.url, { signal: AbortSignal.abort() })).toMatchObject({
      status: undefined,
      error: 'cancelled',
    })
    const lookUp = (_: string, signal: AbortSignal) =>
      new Promise<string[]>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('cancelled'))),
      )
    const looking = new AbortController()
    const lost = createAttempt({ guard: createEgressGuard({ allowLoopback: [], lookUp }) })({
      url: 'https://hooks.example/',
      body: '{}',
      headers: {},
      signal: looking.signal,
    })
    looking.abort()
    expect(await lost).toMatchObject({ status: undefined, error: 'cancelled' })
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(hanging.received).toHaveLength(1)
  })
})

/**
 * Ways to hold an attempt for ever or to fill our memory: the head first, then `more` as fast as it is read.
 */
function pour(head: string, more: string) {
  return openReceiver({
    otherwise: (response) => {
      const socket = response.socket!
      const chunk = more.repeat(Math.ceil(16_384 / more.length))
      const write = () => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', write).write(head)
      write()
    },
  })
}

/**
 * An endpoint that never answers, and whether the attempt has reached the point at which it is kept waiting.
 */
interface SlowEndpoint {
  url: string
  isStalling: () => boolean
}

async function drip(head: string, more: string): Promise<SlowEndpoint> {
  let drips = 0
  const { url } = await openReceiver({
    otherwise: (response) => {
      const socket = response.socket!
      socket.write(head)
      const timer = setInterval(() => void (socket.write(more), drips++), 100)
      socket.on('close', () => clearInterval(timer))
    },
  })
  return { url, isStalling: () => drips > 3 }
}

async function stall(
  otherwise: NonNullable<Parameters<typeof startReceiver>[0]>['otherwise'],
): Promise<SlowEndpoint> {
  const { url, received } = await openReceiver({ otherwise: otherwise! })
  return { url, isStalling: () => received.length > 0 }
}

/** Accepts connections without speaking TLS. */
async function openSilent(): Promise<SlowEndpoint> {
  let connections = 0
  const port = await listen(createTcpServer((socket) => void (socket.on('error', () => {}), connections++)))
  return { url: `https://127.0.0.1:${port}/`, isStalling: () => connections > 0 }
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

describe('a hostile endpoint', () => {
  const slow: [string, () => Promise<SlowEndpoint>][] = [
    ['hangs', () => stall('hang')],
    ['drips its body', () => drip(CHUNKED, '1\r\na\r\n')],
    ['drips a header', () => drip('HTTP/1.1 200 OK\r\nx: ', 'a')],
    ['drips informational answers', () => drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['takes the connection and says nothing', openSilent],
    [
      'never ends its headers with 200 OK',
      () => stall((response) => void response.socket!.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n')),
    ],
    [
      'promises more than it sends',
      () =>
        stall((response) => void response.socket!.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc')),
    ],
  ]

  async function sendToAll() {
    const opened = await Promise.all(slow.map(async ([how, open]) => ({ how, ...(await open()) })))
    const silent = createAttempt({
      guard: createEgressGuard({
        allowLoopback: [],
        lookUp: (_, signal) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('cancelled'))),
          ),
      }),
    })
    const began = performance.now()
    const cut = (how: string, sent: ReturnType<typeof send>) =>
      sent.then(({ status, error }) => ({ how, status, error, took: performance.now() - began }))
    const sent = [
      ...opened.map(({ how, url }) => cut(how, send(url))),
      cut(
        'has slow name servers',
        silent({ url: 'https://hooks.example/', body: '{}', headers: {}, signal: never }),
      ),
    ]
    return { sent, areStalling: () => opened.every(({ isStalling }) => isStalling()) }
  }

  // The longest delay of the cut is measured by bench:webhooks-timing.
  it('aborts an attempt after five seconds if the endpoint is slow at any stage', async () => {
    const { sent } = await sendToAll()
    for (const { how, status, error, took } of await Promise.all(sent)) {
      expect([status, error], how).toEqual([undefined, 'timeout'])
      expect(took, how).toBeGreaterThanOrEqual(4_990)
      expect(took, how).toBeLessThan(15_000)
    }
  })

  it('does not let an endpoint extend the deadline of an attempt', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const over: string[] = []
      const { sent, areStalling } = await sendToAll()
      const all = Promise.all(
        sent.map((each) => each.then(({ how, error }) => void over.push(`${how}: ${error}`))),
      )
      expect(vi.getTimerCount()).toBe(sent.length)
      for (const deadline = performance.now() + 30_000; !areStalling(); await nextTurn())
        if (performance.now() > deadline)
          throw new Error('some endpoint did not stall its attempt within 30 s')
      await vi.advanceTimersByTimeAsync(ATTEMPT_DEADLINE_MS - 1)
      expect([over, vi.getTimerCount()]).toEqual([[], sent.length])
      await vi.advanceTimersByTimeAsync(1)
      await all
      expect(over.sort()).toEqual(
        [...slow.map(([how]) => how), 'has slow name servers'].map((how) => `${how}: timeout`).sort(),
      )
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  const endless: [string, { head: string; more: string }, object][] = [
    ['body', { head: CHUNKED, more: '5\r\naaaaa\r\n' }, { status: 200, error: undefined }],
    [
      'headers',
      { head: 'HTTP/1.1 200 OK\r\n', more: 'x-header: some value\r\n' },
      { status: undefined, error: 'too-large' },
    ],
    [
      'header',
      { head: 'HTTP/1.1 200 OK\r\nx-header: ', more: 'a' },
      { status: undefined, error: 'too-large' },
    ],
    [
      'informational answers',
      { head: '', more: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' },
      { status: undefined, error: 'too-large' },
    ],
    [
      'signs between chunks',
      { head: `${CHUNKED}1;`, more: 'a=b;' },
      { status: undefined, error: 'too-large' },
    ],
    [
      'trailers',
      { head: `${CHUNKED}1\r\na\r\n0\r\n`, more: 'x-header: some value\r\n' },
      { status: undefined, error: 'too-large' },
    ],
  ]
  it.each(endless)('aborts a response with endless %s below 5 MB', async (_, { head, more }, expected) => {
    const receiver = await pour(head, more)
    const began = performance.now()
    expect(await send(receiver.url)).toMatchObject(expected)
    expect(performance.now() - began).toBeLessThan(5_200)
    expect(receiver.sentBytes()).toBeLessThan(5 * 1024 * 1024)
  })

  it('aborts an attempt if the endpoint sends 10,000 headers', async () => {
    const headers = Array.from({ length: 10_000 }, (_, index) => `x-${index}: value\r\n`).join('')
    const receiver = await openReceiver({
      otherwise: (response) =>
        void response.socket!.end(`HTTP/1.1 200 OK\r\n${headers}content-length: 0\r\n\r\n`),
    })
    expect(await send(receiver.url)).toMatchObject({ status: undefined, error: 'too-large' })
  })
})

async function listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
  const sockets = new Set<{ destroy(): unknown }>()
  server.on('connection', (socket: { destroy(): unknown }) => void sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
