import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'

// The real limits scaled down; bench/slow-senders.mjs waits for the real ones.
const REQUEST_TIMEOUT_MS = 1_000
const DRIP_MS = 100
const SENDERS = 100

let opened: TestApp
beforeAll(async () => {
  opened = await createTestApp({ requestTimeoutMs: REQUEST_TIMEOUT_MS })
  await opened.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => opened.close())

/**
 * Sends `start` and then a byte now and then. Resolves to the time in ms for which the server held the
 * connection.
 */
function drip(start: string): { socket: Socket; held: Promise<number> } {
  const openedAt = performance.now()
  const socket = connect((opened.app.server.address() as AddressInfo).port, '127.0.0.1').resume()
  if (start) socket.write(start)
  const timer = start ? setInterval(() => socket.write('x'), DRIP_MS) : undefined
  socket.on('error', () => {})
  const held = new Promise<number>((resolve) =>
    socket.on('close', () => {
      clearInterval(timer)
      resolve(performance.now() - openedAt)
    }),
  )
  return { socket, held }
}

it.each([
  ['say nothing', () => ''],
  ['drip their headers', () => `POST /e/${opened.site.trackingCode} HTTP/1.1\r\nhost: x\r\nx-slow: `],
  [
    'drip their body',
    () =>
      `POST /e/${opened.site.trackingCode} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 60000\r\n\r\n`,
  ],
  [
    'drip an endless body in chunks',
    () =>
      `POST /e/${opened.site.trackingCode} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n`,
  ],
  [
    'continue after their body was rejected',
    () =>
      `POST /e/${opened.site.trackingCode} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9000000\r\n\r\n`,
  ],
])('closes the connections of senders that %s, and keeps serving other clients', async (_name, start) => {
  const senders = Array.from({ length: SENDERS }, () => drip(start()))
  const url = `http://127.0.0.1:${(opened.app.server.address() as AddressInfo).port}/e/${opened.site.trackingCode}`
  let served = 0
  let isOver = false
  const others = (async () => {
    for (; !isOver; served++)
      expect(
        (
          await fetch(url, {
            method: 'POST',
            headers: {
              'content-type': 'text/plain',
              'x-forwarded-for': `10.5.${served >> 8}.${served & 255}`,
            },
            body: JSON.stringify(makeEvent()),
          })
        ).status,
      ).toBe(200)
  })()
  const times = await Promise.all(senders.map(({ held }) => held))
  isOver = true
  await others
  expect(served).toBeGreaterThan(0)
  // One timeout and one check, plus room for a busy machine.
  expect(Math.max(...times)).toBeLessThan(REQUEST_TIMEOUT_MS * 2 + 3_000)
})
