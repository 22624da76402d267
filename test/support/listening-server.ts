import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const REOPEN_ATTEMPTS = 50
const REOPEN_PAUSE_MS = 100

/** A server on a port chosen by the system that can stop and return on the same port. */
export class ListeningServer {
  port = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(listener: RequestListener) {
    this.#server = createServer(listener)
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  async start(): Promise<void> {
    await this.#listen(0)
    this.port = (this.#server.address() as AddressInfo).port
  }

  /** Refuses connections, which looks like an offline browser: WebKitGTK has no other way to be offline. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async up(): Promise<void> {
    // Another outgoing connection may occupy the port for a moment.
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#listen(this.port)
      } catch (error) {
        if (attempt === REOPEN_ATTEMPTS) throw error
        await sleep(REOPEN_PAUSE_MS)
      }
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }
}
