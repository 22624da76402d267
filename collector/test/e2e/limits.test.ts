import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { BURST_LIMIT, BURST_WINDOW_MS, type ErrorBody } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectEvery } from '../support/expect-every.js'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let behindProxy: TestCollector
let open: TestCollector

beforeAll(async () => {
  ;[behindProxy, open] = await Promise.all([
    startTestCollector({ TRUSTED_PROXIES: '127.0.0.0/8' }),
    startTestCollector(),
  ])
})
afterAll(() => Promise.all([behindProxy.close(), open.close()]))

let clients = 0
const otherClient = () => ({ 'x-forwarded-for': `10.3.0.${++clients}` })
const heartbeat = (headers: Record<string, string>) =>
  fetch(`${behindProxy.url}/e/heartbeat/${behindProxy.site.trackingCode}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...headers },
    body: '{"session_id":"session-0001"}',
  })
const askLive = (headers: Record<string, string>, path = '/live/') =>
  behindProxy.get(path + behindProxy.site.trackingCode, headers)

async function expectLimited(answer: Response): Promise<void> {
  expect(answer.status).toBe(429)
  expect(((await answer.json()) as ErrorBody).error.code).toBe('RATE_LIMIT_EXCEEDED')
  const wait = Number(answer.headers.get('retry-after'))
  expect(wait).toBeGreaterThanOrEqual(1)
  expect(wait).toBeLessThanOrEqual(BURST_WINDOW_MS / 1000)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After')
}

async function times<Result>(count: number, act: () => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, act))
}

describe('limits', () => {
  it('counts a request toward the rate limit before it checks for bots', async () => {
    const headers = otherClient()
    const bot = makeEvent({ user_agent: 'curl/8.5' })
    const answers = await times(BURST_LIMIT + 1, () => behindProxy.post(bot, { headers }))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(BURST_LIMIT).fill(403), 429])
    await expectLimited(await behindProxy.post(makeEvent(), { headers }))
  })

  it('limits the heartbeats, live counts and events of one client separately', async () => {
    const headers = otherClient()
    const beats = await times(BURST_LIMIT, () => heartbeat(headers))
    const paths = ['/live/', '/e/live/']
    const counts = await times(BURST_LIMIT, () => askLive(headers, paths.reverse()[0]))
    expect([...beats, ...counts].map(({ status }) => status)).toEqual(Array(2 * BURST_LIMIT).fill(200))
    await expectLimited(await heartbeat(headers))
    for (const path of paths) await expectLimited(await askLive(headers, path))
    expect((await behindProxy.post(makeEvent(), { headers })).status).toBe(200)
    for (const answer of [await heartbeat(otherClient()), await askLive(otherClient())])
      expect(answer.status).toBe(200)
  })

  it('limits health checks and documents of one client, and scripts much later', async () => {
    const headers = otherClient()
    for (const path of ['/health', '/api/external/v1/openapi.json']) {
      const answers = await times(BURST_LIMIT, () => behindProxy.get(path, headers))
      expectEvery(answers, ({ status }) => status === 200)
      await expectLimited(await behindProxy.get(path, headers))
      expect((await behindProxy.get(path, otherClient())).status).toBe(200)
    }
    const scripts = await times(2 * BURST_LIMIT, () => behindProxy.get('/z.js', headers))
    expectEvery(scripts, ({ status }) => status === 200)
  })
})

describe('X-Forwarded-For', () => {
  it('limits an untrusted peer even if it forges X-Forwarded-For addresses', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    const start = performance.now()
    const statuses = new Map<number, number>()
    const send = async (number: number): Promise<void> => {
      const request = httpRequest(`${open.url}/e/${open.site.trackingCode}`, {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'text/plain',
          'x-forwarded-for': `11.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
        },
      })
      request.end(JSON.stringify(makeEvent()))
      const [answer] = (await once(request, 'response')) as [IncomingMessage]
      await text(answer)
      statuses.set(answer.statusCode!, (statuses.get(answer.statusCode!) ?? 0) + 1)
    }
    for (let number = 0; number < 10_000; number += 500)
      await Promise.all(Array.from({ length: 500 }, (_, index) => send(number + index)))
    agent.destroy()

    const windows = 1 + Math.floor((performance.now() - start) / BURST_WINDOW_MS)
    const accepted = statuses.get(200)!
    expect(accepted).toBeGreaterThanOrEqual(BURST_LIMIT)
    expect(accepted).toBeLessThanOrEqual(BURST_LIMIT * windows)
    expect(statuses).toEqual(
      new Map([
        [200, accepted],
        [429, 10_000 - accepted],
      ]),
    )
  })

  it('limits clients behind a trusted proxy separately, and an IPv6 /64 as one client', async () => {
    const from = (ip: string) =>
      behindProxy.post('no JSON', { headers: { 'x-forwarded-for': `198.51.100.99, ${ip}` } })
    for (let i = 0; i < BURST_LIMIT; i++) await from(`2001:db8:5:6::${i.toString(16)}`)
    await expectLimited(await from('2001:db8:5:6:ffff::1'))
    expect((await from('2001:db8:5:7::1')).status).toBe(400)
    expect((await from('198.51.100.99')).status).toBe(400)
  })
})
