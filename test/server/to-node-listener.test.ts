import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toNodeListener, type FetchHandler, type NodeListener } from '../../src/node/to-node-listener.js'
import { createProxy } from '../../src/server/create-proxy.js'
import { createWebhookHandler } from '../../src/server/webhook-handler.js'

const CODE = 'ZV_AAAAAAAAAAA'
const servers: Server[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

async function listen(
  listener: NodeListener | ((...call: Parameters<NodeListener>) => void),
): Promise<number> {
  const server = createServer(listener as never)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

/** Sends a text as it stands, and returns all that is answered until the server closes the connection. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (data) => (answer += String(data)))
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

const request = (line: string, headers: string[] = [], body = '') =>
  [line, 'Host: shop.example', 'Connection: close', ...headers, '', body].join('\r\n')

/** A proxy before a collector that accepts everything, and what reached that. */
async function openProxy() {
  const sent: { url: string; body: string | undefined }[] = []
  const fetch = (url: string, init: RequestInit = {}) => {
    const body = init.body === undefined ? undefined : new TextDecoder().decode(init.body as ArrayBuffer)
    sent.push({ url, body })
    return Promise.resolve(Response.json({ success: true }))
  }
  const proxy = createProxy({
    collector: 'https://collector.example',
    path: '/stats',
    fetch: fetch as typeof globalThis.fetch,
  })
  return { proxy, port: await listen(toNodeListener(proxy)), sent }
}

describe('a proxy behind node:http', () => {
  it.each([
    'GET /stats/../metrics HTTP/1.1',
    'GET /stats/%2e%2e/metrics HTTP/1.1',
    'GET //collector.example/metrics HTTP/1.1',
    'GET /stats//collector.example/metrics HTTP/1.1',
    'GET http://collector.example/stats/z.js HTTP/1.1',
    'GET https://user:password@collector.example/metrics HTTP/1.1',
    'OPTIONS * HTTP/1.1',
  ])('answers 404 to %s', async (line) => {
    const { port, sent } = await openProxy()
    expect(await sendRaw(port, request(line))).toMatch(/^HTTP\/1\.1 404 /)
    expect(sent).toEqual([])
  })

  it.each<[string, string[], string]>([
    ['two lengths', ['Content-Length: 2', 'Content-Length: 3'], '[]x'],
    ['a list of lengths', ['Content-Length: 2, 3'], '[]x'],
    ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['an encoding in disguise', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['a signed length', ['Content-Length: +2'], '[]'],
    ['a size of a chunk that is none', ['Transfer-Encoding: chunked'], 'zz\r\n[]\r\n0\r\n\r\n'],
    ['a header of two lines', ['X-A: b\rX-C: d'], ''],
    ['a zero byte in a header', ['X-A: b\0c'], ''],
  ])('passes on nothing of a request with %s', async (_, headers, body) => {
    const { port, sent } = await openProxy()
    const answer = await sendRaw(port, request(`POST /stats/e/${CODE} HTTP/1.1`, headers, body))
    expect(answer).toMatch(/^HTTP\/1\.1 40\d /)
    expect(sent).toEqual([])
  })

  it('answers 405 to a method that the Fetch standard lacks, and logs nothing', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const { port } = await openProxy()
    expect(await sendRaw(port, request('TRACE /stats/z.js HTTP/1.1'))).toMatch(/^HTTP\/1\.1 405 /)
    expect(log).not.toHaveBeenCalled()
  })

  it('passes on a body in chunks of any size', async () => {
    const { port, sent } = await openProxy()
    const chunks = [...'["ü"]'].map((character) => `${Buffer.byteLength(character)}\r\n${character}\r\n`)
    const answer = await sendRaw(
      port,
      request(
        `POST /stats/e/${CODE} HTTP/1.1`,
        ['Transfer-Encoding: chunked'],
        `${chunks.join('')}0\r\n\r\n`,
      ),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(sent).toEqual([{ url: `https://collector.example/e/${CODE}`, body: '["ü"]' }])
  })

  it('answers 413 to a body of a gigabyte, and reads little of it', async () => {
    const { port, sent } = await openProxy()
    const chunk = Buffer.alloc(64 * 1024)
    let written = 0
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(request(`POST /stats/e/${CODE} HTTP/1.1`, ['Content-Length: 1073741824']))
        const push = () => {
          while (!socket.destroyed && written < 1024 ** 3) {
            written += chunk.length
            if (!socket.write(chunk)) return void socket.once('drain', push)
          }
        }
        push()
      })
      socket.on('data', (data) => (text += data.toString()))
      // The rest of the body meets a closed connection.
      socket.on('error', () => undefined).on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*PAYLOAD_TOO_LARGE/s)
    expect(written).toBeLessThan(100 * 1024 * 1024)
    expect(sent).toEqual([])
  })

  it('passes on nothing of a sender who stops halfway, and serves the next one', async () => {
    const { port, sent } = await openProxy()
    await new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(request(`POST /stats/e/${CODE} HTTP/1.1`, ['Content-Length: 10'], '[{'))
        setTimeout(() => socket.destroy(), 50)
      })
      socket.on('close', () => done())
    })
    const answer = await sendRaw(port, request(`POST /stats/e/${CODE} HTTP/1.1`, ['Content-Length: 2'], '[]'))
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(sent).toEqual([{ url: `https://collector.example/e/${CODE}`, body: '[]' }])
  })

  it('works where Express mounts it, which shortens the path', async () => {
    const { proxy, sent } = await openProxy()
    const listener = toNodeListener(proxy)
    const port = await listen((incoming, response) => {
      const { url } = incoming
      incoming.originalUrl = url
      incoming.url = url!.slice('/stats'.length)
      listener(incoming, response)
    })
    await sendRaw(port, request(`POST /stats/e/${CODE} HTTP/1.1`, ['Content-Length: 2'], '[]'))
    expect(sent).toHaveLength(1)
  })
})

describe('any handler', () => {
  const run = async (handler: FetchHandler, line = 'GET / HTTP/1.1', headers?: string[], body?: string) =>
    sendRaw(await listen(toNodeListener(handler)), request(line, headers, body))

  it('gets the request, and the address of the socket', async () => {
    const seen: unknown[] = []
    await run(
      async (received, context) => {
        const { method, url, headers } = received
        seen.push(method, url, headers.get('x-twice'), await received.text(), context)
        return new Response()
      },
      'PUT /a/b?c=%2F HTTP/1.1',
      ['X-Twice: 1', 'X-Twice: 2', 'Content-Length: 4'],
      'body',
    )
    expect(seen).toEqual([
      'PUT',
      'http://localhost/a/b?c=%2F',
      '1, 2',
      'body',
      { clientAddress: '127.0.0.1' },
    ])
  })

  it('answers with its status, headers, cookies and body', async () => {
    const headers = new Headers({ 'x-a': 'b' })
    headers.append('set-cookie', 'one=1')
    headers.append('set-cookie', 'two=2')
    const answer = await run(() => new Response('text', { status: 201, headers }))
    expect(answer).toMatch(/^HTTP\/1\.1 201 /)
    for (const line of ['x-a: b', 'set-cookie: one=1', 'set-cookie: two=2']) expect(answer).toContain(line)
    expect(answer).toContain('text')
  })

  it('is a 500 if it throws, which is logged', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const answer = await run(() => {
      throw new Error('planned')
    })
    expect(answer).toMatch(/^HTTP\/1\.1 500 .*INTERNAL_ERROR/s)
    expect(answer).not.toContain('planned')
    expect(log.mock.calls).toMatchObject([[expect.any(String), { message: 'planned' }]])
  })

  it('is no longer asked for a body whose reader has gone', async () => {
    let cancelled = () => {}
    const isCancelled = new Promise<void>((done) => (cancelled = done))
    const port = await listen(
      toNodeListener(
        () =>
          new Response(
            new ReadableStream({
              pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
              cancel: () => cancelled(),
            }),
          ),
      ),
    )
    const socket = connect(port, '127.0.0.1', () => socket.write(request('GET / HTTP/1.1')))
    socket.once('data', () => socket.destroy())
    await isCancelled
  })

  it('says what to change if a parser has read the body before', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const listener = toNodeListener(
      createWebhookHandler({
        secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
        onEvent: () => {},
      }),
    )
    const port = await listen((incoming, response) => {
      const parsed = incoming as unknown as IncomingMessage
      parsed.resume().on('end', () => listener(incoming, response))
    })
    const answer = await sendRaw(port, request('POST / HTTP/1.1', ['Content-Length: 2'], '{}'))
    expect(answer).toMatch(/^HTTP\/1\.1 500 /)
    expect(log.mock.calls.flat().join()).toMatch(/before express\.json\(\)/)
  })
})
