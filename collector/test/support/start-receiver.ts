import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** A request as received by a webhook endpoint. */
export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** The exact text. */
  body: string
  /** When its headers arrived; ms of `performance.now()`. */
  at: number
}

/**
 * A status alone, a whole answer, silence for ever, a cut connection, or any other function of the response.
 */
export type Answer =
  | number
  | { status?: number; headers?: Record<string, string>; body?: string; delayMs?: number }
  | 'hang'
  | 'reset'
  | ((response: ServerResponse, request: IncomingMessage) => void)

/** A webhook receiver like those of users, on a loopback address over TLS. */
export interface Receiver {
  /** Such as `https://127.0.0.1:41234/hook`. */
  url: string
  port: number
  received: Received[]
  /** Used in order, then `otherwise` for ever. */
  answers: Answer[]
  otherwise: Answer
  /** Number of accepted TCP connections, with or without TLS. */
  connections(): number
  /** Number of bytes written to all connections, even those never read. */
  sentBytes(): number
  /** Resolves to the received requests once `count` of them match. Rejects after 30 s. */
  waitFor(count: number, matches?: (request: Received) => boolean): Promise<Received[]>
  close(): Promise<void>
}

interface ReceiverOptions {
  /** @default 127.0.0.1 */
  host?: string
  /** @default any free port */
  port?: number
  /** `self-signed` is trusted by no client. @default receiver */
  certificate?: 'receiver' | 'self-signed'
  answers?: Answer[]
  /** @default 200 */
  otherwise?: Answer
}

const TLS_FOLDER = new URL('../../../test/fixtures/tls/', import.meta.url)
const PATIENCE_MS = 30_000

/** The authority that signed the receiver's certificate, for clients that must trust it. */
export const TEST_CA = readFileSync(new URL('ca.pem', TLS_FOLDER), 'utf8')

export async function startReceiver({
  host = '127.0.0.1',
  port: wanted = 0,
  certificate = 'receiver',
  answers = [],
  otherwise = 200,
}: ReceiverOptions = {}): Promise<Receiver> {
  const [key, cert] = ['key', 'pem'].map((ending) =>
    readFileSync(new URL(`${certificate}.${ending}`, TLS_FOLDER)),
  )
  const sockets = new Set<Socket>()
  let connections = 0
  let sentBytes = 0
  const waiting = new Set<() => void>()

  const server = createServer({ key, cert }, (request, response) => {
    const at = performance.now()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    // A client that disconnects is no error here.
    for (const stream of [request, response]) stream.on('error', () => {})
    request.on('end', () => {
      receiver.received.push({
        method: request.method!,
        path: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        at,
      })
      give(receiver.answers.shift() ?? receiver.otherwise, response, request)
      for (const look of waiting) look()
    })
  })
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket)
        sentBytes += socket.bytesWritten
      })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wanted, host, resolve))
  const { port } = server.address() as AddressInfo

  const receiver: Receiver = {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}/hook`,
    port,
    received: [],
    answers,
    otherwise,
    connections: () => connections,
    sentBytes: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, sentBytes),
    waitFor: (count, matches = () => true) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(new Error(`only ${receiver.received.filter(matches).length} of ${count} requests came`)),
          PATIENCE_MS,
        )
        const look = () => {
          const found = receiver.received.filter(matches)
          if (found.length < count) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return receiver
}

function give(answer: Answer, response: ServerResponse, request: IncomingMessage): void {
  if (typeof answer === 'function') answer(response, request)
  else if (answer === 'reset') response.destroy()
  else if (typeof answer === 'number') response.writeHead(answer).end('ok')
  else if (answer !== 'hang') {
    const { status = 200, headers = {}, body = '', delayMs = 0 } = answer
    setTimeout(() => response.writeHead(status, headers).end(body), delayMs)
  }
}
