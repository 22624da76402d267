import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createWireError, ERROR_CODES, type ErrorCode } from '../../src/contract/error-codes.js'
import type { IngestEvent } from '../../src/contract/wire.js'
import { ListeningServer } from './listening-server.js'
import type { RecordingCollector } from './recording-collector.js'

/** One answer for every request. */
export interface Answer {
  status: number
  type: string
  body: string
}

export const htmlAnswer = (status: number): Answer => ({
  status,
  type: 'text/html',
  body: '<!doctype html><title>Sign in</title><p>Sign in to use this network.',
})

export const jsonAnswer = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
})

export const emptyAnswer = (status: number): Answer => ({ status, type: 'text/plain', body: '' })

export const ACCEPTED = jsonAnswer(200, { success: true })

/** An error of the collector, exactly as it sends it. */
export const refusal = (code: ErrorCode): Answer =>
  jsonAnswer(ERROR_CODES[code].status, { success: false, error: createWireError(code, new Date()) })

/**
 * A server that answers events in place of the collector, as a captive portal or a firewall does. It stores
 * nothing.
 */
export class StandIn {
  /** The bodies of all POST requests. */
  readonly bodies: string[] = []
  answer: Answer = ACCEPTED
  readonly #server = new ListeningServer((request, response) => void this.#serve(request, response))

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  /** Listens at an address of its own. */
  start(): Promise<void> {
    return this.#server.start()
  }

  /** Stops the collector and listens at its address, until `stop`. */
  async replace(collector: RecordingCollector): Promise<void> {
    this.#server.port = Number(new URL(collector.url).port)
    await collector.down()
    await this.#server.up()
  }

  stop(): Promise<void> {
    return this.#server.down()
  }

  events(): IngestEvent[] {
    return this.bodies.flatMap((body) => JSON.parse(body) as IngestEvent | IngestEvent[])
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    if (request.method === 'POST') this.bodies.push(body)
    const { status, type, body: answer } = this.answer
    response.writeHead(status, {
      // The page can read the answer: the address of a collector is often that of the site.
      'access-control-allow-origin': '*',
      'content-type': type,
      // Browsers repeat a request by themselves if a connection that they use again is answered with 408.
      connection: 'close',
    })
    response.end(answer)
  }
}
