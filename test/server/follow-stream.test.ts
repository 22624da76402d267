import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startTestCollector } from '../../collector/test/support/start-test-collector.js'
import type { Clock } from '../../src/server/clock.js'
import { followStream, type StreamMessage } from '../../src/server/follow-stream.js'
import { OptionsError } from '../../src/server/options-error.js'

const SPEED = 20
/** Pauses take a twentieth of their time. */
const clock: Clock = {
  now: () => Date.now(),
  steadyNow: () => performance.now() * SPEED,
  setTimer(run, ms) {
    const timer = setTimeout(run, ms / SPEED)
    return () => clearTimeout(timer)
  },
}

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

const listen = async (server: Server): Promise<string> => {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void
/** A collector that gives these answers in turn, and then hangs. */
async function open(...answers: Answer[]) {
  const requests: IncomingMessage[] = []
  let connections = 0
  const server = createServer((request, response) => {
    requests.push(request)
    answers.shift()?.(response, request)
  })
  server.on('connection', (socket) => {
    connections++
    socket.on('close', () => connections--)
  })
  const apiUrl = await listen(server)
  return {
    options: { apiUrl, apiKey: 'zv_key', siteId: 'ws_1', clock },
    requests,
    connections: () => connections,
  }
}
const stream =
  (text: string, ends = true): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(text)
    if (ends) setTimeout(() => response.destroy(), 20)
  }
const refuse =
  (status: number, code: string, headers = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, headers)
      .end(JSON.stringify({ success: false, error: { code, message: 'No.' } }))

/** The first `count` messages of a stream. */
async function take(messages: AsyncGenerator<StreamMessage>, count: number): Promise<StreamMessage[]> {
  const taken: StreamMessage[] = []
  for await (const message of messages) if (taken.push(message) === count) break
  return taken
}

describe('a stream', () => {
  it('goes on from the last message after the connection broke, and ends with break', async () => {
    const { options, requests, connections } = await open(
      stream('id: 1\n\nevent: live\ndata: {"visitors":2}\n\n'),
      stream('id: 2\nevent: hit\ndata: {"path":"/a"}\n\nid: 3\nevent: hit\ndata: {"pa'),
      stream('id: 3\nevent: hit\ndata: {"path":"/b"}\n\n', false),
    )
    expect(await take(followStream({ ...options, lastEventId: '0' }), 3)).toEqual([
      { type: 'live', id: '1', data: { visitors: 2 } },
      { type: 'hit', id: '2', data: { path: '/a' } },
      { type: 'hit', id: '3', data: { path: '/b' } },
    ])
    expect(requests.map(({ url, headers }) => [url, headers['x-api-key'], headers['last-event-id']])).toEqual(
      [
        ['/api/stream/ws_1', 'zv_key', '0'],
        ['/api/stream/ws_1', 'zv_key', '1'],
        ['/api/stream/ws_1', 'zv_key', '2'],
      ],
    )
    await expect.poll(connections).toBe(0)
  })

  it('is opened again after 40 s of silence, and comments are none', async () => {
    const onError = vi.fn()
    const { options, requests } = await open(
      (response, request) => {
        stream('id: 1\nevent: live\ndata: {}\n\n', false)(response, request)
        const comments = setInterval(() => response.write(': here\n\n'), 1_000)
        setTimeout(() => clearInterval(comments), 2_500)
      },
      stream('id: 2\nevent: live\ndata: {}\n\n', false),
    )
    const started = Date.now()
    expect((await take(followStream({ ...options, onError }), 2)).map(({ id }) => id)).toEqual(['1', '2'])
    expect(Date.now() - started).toBeGreaterThan(3_500)
    expect(onError.mock.calls).toEqual([
      [
        expect.objectContaining({
          code: 'NO_ANSWER',
          message: expect.stringContaining('silent for 40 s') as string,
        }),
      ],
    ])
    expect(requests).toHaveLength(2)
  })

  it('waits as long as the collector says, and tells each failure', async () => {
    const onError = vi.fn()
    const { options } = await open(
      refuse(429, 'RATE_LIMIT_EXCEEDED', { 'retry-after': '20', 'x-request-id': 'r1' }),
      refuse(503, 'STORE_UNAVAILABLE'),
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<form>'),
      stream('event: live\ndata: {}\n\n', false),
    )
    const started = Date.now()
    await take(followStream({ ...options, onError }), 1)
    expect(Date.now() - started).toBeGreaterThan(20_000 / SPEED - 50)
    expect(onError.mock.calls.map(([error]) => (error as { code: string }).code)).toEqual([
      'RATE_LIMIT_EXCEEDED',
      'STORE_UNAVAILABLE',
      'NOT_A_COLLECTOR',
    ])
    expect(onError.mock.calls[0]![0]).toMatchObject({ requestId: 'r1', status: 429 })
  })

  it.each([
    [400, 'VALIDATION_ERROR'],
    [401, 'UNAUTHORIZED'],
    [404, 'NOT_FOUND'],
  ])('ends with an error after status %i', async (status, code) => {
    const { options, requests } = await open(refuse(status, code))
    await expect(take(followStream(options), 1)).rejects.toMatchObject({ name: 'ApiError', code, status })
    expect(requests).toHaveLength(1)
  })

  it('ends by its signal, while it is open and while it waits', async () => {
    for (const answers of [
      [stream('event: live\ndata: {}\n\n', false)],
      [stream('event: live\ndata: {}\n\n')],
    ]) {
      const { options, connections } = await open(...answers)
      const ending = new AbortController()
      const messages = followStream({ ...options, signal: ending.signal })
      await messages.next()
      const next = messages.next()
      setTimeout(() => ending.abort(new Error('by the caller')), 30)
      await expect(next).rejects.toThrow('by the caller')
      await expect.poll(connections).toBe(0)
    }
    const { options } = await open()
    await expect(
      take(followStream({ ...options, signal: AbortSignal.abort(new Error('before')) }), 1),
    ).rejects.toThrow('before')
  })

  it('is refused with options that are not valid, all at once', async () => {
    const opening = take(followStream({ apiUrl: 'x', siteId: '' } as never), 1)
    await expect(opening).rejects.toBeInstanceOf(OptionsError)
    await expect(opening).rejects.toThrow(/apiUrl .+ apiKey .+ siteId/)
  })
})

it('has each hit of a real collector once, while connections break and the collector restarts', async () => {
  const collector = await startTestCollector()
  const sockets = new Set<ReturnType<typeof connect>>()
  // The address stays the same.
  const apiUrl = await listen(
    createTcpServer((socket) => {
      const upstream = connect(Number(new URL(collector.url).port), '127.0.0.1')
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => (upstream.destroy(), sockets.delete(socket)))
      upstream.on('error', () => {}).on('close', () => socket.destroy())
      socket.pipe(upstream).pipe(socket)
    }),
  )
  const { apiKey, site } = collector
  const paths: string[] = []
  const reading = (async () => {
    for await (const { type, data } of followStream({ apiUrl, apiKey, siteId: site.id, clock }))
      if (type === 'hit' && paths.push(data.path) === 60) break
  })()
  await expect.poll(() => sockets.size).toBeGreaterThan(0)
  for (let n = 0; n < 60; n++) {
    const event = {
      url: `https://example.com/${n}`,
      session_id: 'session-1',
      device_type: 'desktop',
      browser: 'Chrome',
      os: 'Linux',
    }
    const answer = await collector.post(
      { ...event, user_agent: 'Test/1.0' },
      { headers: { 'x-forwarded-for': `10.0.0.${n}` } },
    )
    expect(answer.status, await answer.text()).toBe(200)
    if (n % 10 === 5) for (const socket of sockets) socket.destroy()
    if (n === 30) await collector.restart()
    // Enough requests for the key.
    if (n % 20 === 0) collector.passMinute()
  }
  await reading
  await collector.close()
  expect(paths).toEqual(Array.from({ length: 60 }, (_, n) => `/${n}`))
})
