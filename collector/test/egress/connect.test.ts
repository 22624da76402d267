import { type AddressInfo, createServer, type Server } from 'node:net'
import { createSecureContext } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectGuarded } from '../../src/egress/connect.js'
import type { EgressGuard } from '../../src/egress/guard.js'

let server: Server
let port: number
/** Of every connection, once it has ended: what came through it. */
let ended: Promise<number>[]

beforeEach(async () => {
  ended = []
  server = createServer((socket) => {
    ended.push(
      new Promise((resolve) =>
        socket
          .on('error', () => {})
          .on('close', () => resolve(socket.bytesRead))
          .once('data', () => socket.destroy()),
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

/** A guard that is fooled: what it says of a host and what it says of an address do not agree. */
const dial = (guard: Pick<EgressGuard, 'addressesOf' | 'isAllowed'>, hostname = '127.0.0.1') =>
  connectGuarded({
    hostname,
    port,
    guard: { ...guard, checkUrl: () => ({ refusal: '' }) },
    secureContext: createSecureContext(),
    signal: new AbortController().signal,
    maxBytes: 1,
  })

// The literal is dialled as it is: the socket's peer is 127.0.0.1, whatever was checked.
it.each([
  ['is none of those that were checked', { addressesOf: async () => ['127.0.0.2'], isAllowed: () => true }],
  ['is not allowed by now', { addressesOf: async () => ['127.0.0.1'], isAllowed: () => false }],
])('sends not a byte to a peer that %s', async (_, guard) => {
  await expect(dial(guard)).rejects.toMatchObject({ kind: 'refused-address' })
  await expect.poll(() => ended.length).toBe(1)
  expect(await ended[0]).toBe(0)
})

it('speaks to a peer that is one of those that were checked', async () => {
  await expect(
    dial({
      addressesOf: async () => ['127.0.0.9', '::ffff:127.0.0.1'],
      isAllowed: (address) => address === '127.0.0.1',
    }),
  ).rejects.toMatchObject({ kind: 'connection' })
  expect(await ended[0]).toBeGreaterThan(0)
})

it('knows its peer also when the first addresses of a name refuse', async () => {
  const guard = {
    addressesOf: async () => ['127.0.0.3', '::1', '127.0.0.1'],
    isAllowed: (address: string) => address === '127.0.0.1',
  }
  await expect(dial(guard, 'hooks.example')).rejects.toMatchObject({ kind: 'connection' })
  expect(await ended[0]).toBeGreaterThan(0)
})
