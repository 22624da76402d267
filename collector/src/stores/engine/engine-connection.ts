import { createHash, timingSafeEqual } from 'node:crypto'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { SECOND_MS } from '../../durations.js'
import type { EngineAddress, Proof } from './engine-address.js'

/** Finds the running process of the embedded engine. */
export interface EngineConnection {
  /** Returns the current address, or undefined while the engine is down. */
  locate(): EngineAddress | undefined
}

const PROOF_TIMEOUT_MS = 5 * SECOND_MS
const MAX_ANSWER_BYTES = 4096
// The engine answers with a chunked body, here of one chunk. The answer must be complete, because the next
// bytes on the connection belong to the first request.
const END_OF_ANSWER = '\r\n0\r\n\r\n'
const ANSWER = /^HTTP\/1\.1 200 OK\r\n(?:[^\r\n]+\r\n)+\r\n[0-9a-f]+\r\n([0-9a-f]+)\r\n0\r\n\r\n$/

/**
 * Creates an HTTP agent that connects to the embedded engine only, whatever the host of the request. Each new
 * connection is proved to be the engine's before the request is sent. If it is not, the request fails.
 */
export function createEngineAgent(engine: EngineConnection, maxConnections: number): Agent {
  return Object.assign(new Agent({ keepAlive: true, maxSockets: maxConnections }), {
    createConnection(_options: unknown, done: (error: Error | null, socket?: Socket) => void) {
      const address = engine.locate()
      if (address === undefined) {
        // Agents expect the result later, never within the call.
        process.nextTick(done, new Error('the embedded engine is not running'))
        return
      }
      openProvedConnection(address.port, address.connected).then(
        (socket) => done(null, socket),
        (error: unknown) => done(error as Error),
      )
    },
  })
}

/**
 * Connects to a port of 127.0.0.1 and proves that the engine owns it. Rejects if nobody listens, or if the
 * listener does not know the answer.
 *
 * A process of another user can take the port of an engine that died. It sees the path, but the only process
 * that knew the answer is gone, and the next one has another proof (0022).
 */
export function openProvedConnection(
  port: number,
  { path, answer }: Proof,
  timeoutMs = PROOF_TIMEOUT_MS,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let received = ''
    const timer = setTimeout(() => fail(new Error('the embedded engine did not answer')), timeoutMs)
    const settle = () => {
      clearTimeout(timer)
      socket.removeListener('data', onData).removeListener('error', fail).removeListener('close', onClose)
    }
    const fail = (error: Error) => {
      settle()
      // An error after this one has no other listener.
      socket.on('error', () => {}).destroy()
      reject(error)
    }
    const onClose = () => fail(new Error('the embedded engine closed the connection'))
    const onData = (bytes: Buffer) => {
      received += bytes.toString('latin1')
      if (received.length > MAX_ANSWER_BYTES) fail(notTheEngine(port))
      else if (received.endsWith(END_OF_ANSWER)) {
        if (!isEqual(ANSWER.exec(received)?.[1] ?? '', answer)) return fail(notTheEngine(port))
        settle()
        resolve(socket)
      }
    }
    socket.on('data', onData).on('error', fail).on('close', onClose)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`)
  })
}

function notTheEngine(port: number): Error {
  return new Error(`another process listens on port ${port} of the embedded engine; nothing was sent to it`)
}

function isEqual(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(expected))
}
