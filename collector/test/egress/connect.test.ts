import { type AddressInfo, createServer, type Server } from 'node:net'
import { createSecureContext } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectGuarded } from '../../src/egress/connect.js'
import type { EgressGuard } from '../../src/egress/guard.js'

let server: Server
let port: number
/** For every connection, once it has ended: the number of bytes received. */
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

/** A fooled guard: its answers for a host and for an address disagree. */
const dial = (guard: Pick<EgressGuard, 'addressesOf' | 'isAllowed'>, hostname = '127.0.0.1') =>
  connectGuarded({
    hostname,
    port,
    guard: { ...guard, checkUrl: () => ({ refusal: '' }) },
    secureContext: createSecureContext(),
    signal: new AbortController().signal,
    maxBytes: 1,
  })

// The literal is dialled unchanged: the socket's peer is 127.0.0.1, whatever was checked.
it.each([
  ['is not among the checked addresses', { addressesOf: async () => ['127.0.0.2'], isAllowed: () => true }],
  ['is no longer allowed', { addressesOf: async () => ['127.0.0.1'], isAllowed: () => false }],
])('sends no byte to a peer that %s', async (_, guard) => {
  await expect(dial(guard)).rejects.toMatchObject({ kind: 'refused-address' })
  await expect.poll(() => ended.length).toBe(1)
  expect(await ended[0]).toBe(0)
})

it('connects to a peer if its address is among the checked addresses', async () => {
  await expect(
    dial({
      addressesOf: async () => ['127.0.0.9', '::ffff:127.0.0.1'],
      isAllowed: (address) => address === '127.0.0.1',
    }),
  ).rejects.toMatchObject({ kind: 'connection' })
  expect(await ended[0]).toBeGreaterThan(0)
})

it('identifies the connected peer even if the first addresses of a host name refuse the connection', async () => {
  const guard = {
    addressesOf: async () => ['127.0.0.3', '::1', '127.0.0.1'],
    isAllowed: (address: string) => address === '127.0.0.1',
  }
  await expect(dial(guard, 'hooks.example')).rejects.toMatchObject({ kind: 'connection' })
  expect(await ended[0]).toBeGreaterThan(0)
})
