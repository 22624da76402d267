import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'

let opened: TestApp | undefined
afterEach(async () => {
  await opened?.close()
  opened = undefined
})

const open = async (options?: Parameters<typeof createTestApp>[0]) => (opened = await createTestApp(options))
const get = async ({ app }: TestApp, url: string) => {
  const { statusCode, headers, body } = await app.inject({ url })
  return { status: statusCode, cache: headers['cache-control'], body: JSON.parse(body) as unknown }
}

it('reports the collector as live and ready if events can be stored', async () => {
  const app = await open()
  expect(await get(app, '/health/live')).toEqual({ status: 200, cache: 'no-store', body: { status: 'ok' } })
  expect(await get(app, '/health/ready')).toEqual({
    status: 200,
    cache: 'no-store',
    body: { status: 'ok', reasons: [] },
  })
  expect(await get(app, '/health')).toEqual({
    status: 200,
    cache: 'no-store',
    body: { status: 'ok', store: 'ok', queue: 'ok', reasons: [] },
  })
})

it('reports a hanging store as unreachable within two seconds', async () => {
  let asked = 0
  const app = await open({
    store: {
      isReachable() {
        asked++
        return new Promise(() => {})
      },
    },
  })
  await app.app.ready()
  const start = performance.now()
  const answers = await Promise.all(Array.from({ length: 50 }, () => get(app, '/health/ready')))
  expect(performance.now() - start).toBeLessThan(2_000)
  expect(asked).toBe(1)
  for (const answer of answers)
    expect(answer).toMatchObject({
      status: 503,
      body: { status: 'unavailable', reasons: ['store_unreachable'] },
    })
  expect((await get(app, '/health/live')).status).toBe(200)
})

it('asks the store once a second, however often it is asked itself', async () => {
  let [now, asked, isUp] = [0, 0, true]
  const app = await open({
    steadyNow: () => now,
    store: { isReachable: async () => (asked++, isUp) },
  })
  const statuses = async () =>
    Promise.all(
      Array.from({ length: 300 }, async (_, number) => {
        const { statusCode } = await app.app.inject({
          url: ['/health', '/health/ready'][number % 2]!,
          headers: { 'x-forwarded-for': `10.0.0.${number % 100}` },
        })
        return statusCode
      }),
    )
  expect([new Set(await statuses()), asked]).toEqual([new Set([200]), 1])
  isUp = false
  now = 999
  expect([new Set(await statuses()), asked]).toEqual([new Set([200]), 1])
  now = 1_000
  expect([new Set(await statuses()), asked]).toEqual([new Set([503]), 2])
})

it('hides the address and the error of a store that fails', async () => {
  const app = await open({
    store: { isReachable: () => Promise.reject(new Error('connect ECONNREFUSED 10.9.8.7:8123')) },
  })
  expect(await get(app, '/health')).toMatchObject({
    status: 503,
    body: { status: 'unavailable', store: 'unreachable', queue: 'ok', reasons: ['store_unreachable'] },
  })
})

it('reports the collector as not ready while a batch cannot be written', async () => {
  let isBroken = true
  const app = await open({
    store: {
      insertEvents: () => (isBroken ? Promise.reject(new Error('the disk is full')) : Promise.resolve()),
    },
  })
  const posted = app.app.inject({
    method: 'POST',
    url: `/e/${app.site.trackingCode}`,
    headers: { 'content-type': 'text/plain' },
    payload: JSON.stringify(makeEvent()),
  })
  await expect
    .poll(async () => (await get(app, '/health')).body)
    .toMatchObject({ status: 'unavailable', store: 'failing', reasons: ['store_failing'] })
  expect(app.readMetric('zenovay_commit_failures_total{queue="events"}')).toBeGreaterThan(0)
  isBroken = false
  expect((await posted).statusCode).toBe(200)
  expect((await get(app, '/health/ready')).status).toBe(200)
})

it('reports the collector as not ready during shutdown, but still answers open connections', async () => {
  let letGo!: () => void
  const held = new Promise<void>((resolve) => (letGo = resolve))
  const { app, site, readMetric, close } = await createTestApp({ store: { insertEvents: () => held } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  let received = ''
  socket.on('data', (data) => (received += data.toString()))
  const post = `POST /e/${site.trackingCode} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}`
  const event = JSON.stringify(makeEvent())
  socket.write(post.replace('length: 2', `length: ${event.length}`).replace('{}', event))
  await expect.poll(() => readMetric('zenovay_queue_depth{queue="events"}')).toBe(1)

  const closed = close()
  await expect.poll(() => app.server.listening).toBe(false)
  socket.write(`GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n${post}`)
  await expect.poll(() => readMetric('zenovay_events_received_total')).toBe(2)
  letGo()
  await closed
  expect(received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503'])
  expect(received).toContain('{"status":"unavailable","reasons":["shutting_down"]}')
  expect(received.toLowerCase()).toContain('connection: close')
})
