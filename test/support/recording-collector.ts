import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestEvent } from '../../src/contract/wire.js'
import { ListeningServer } from './listening-server.js'
import { readArtefacts } from './read-artefacts.js'
import type { StoredSite } from './stored-site.js'

/**
 * The status of an answer, or another end: hang for ever, reset the connection after the body has arrived, or
 * the login page of a captive portal.
 */
export type Outcome = number | 'hang' | 'reset' | 'portal'

export interface RecordedRequest {
  method: string
  path: string
  contentType: string | undefined
  body: string
  /** When the body was complete (ms since the epoch). */
  at: number
  /** The result of the request; for a stored one, the status of the store. */
  outcome: Outcome
}

/** One event as it arrived; `request` may contain others as well. */
export interface Arrival {
  event: IngestEvent
  request: RecordedRequest
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After' }
const INGEST = /^\/e\/ZV_\w+$/
const HEARTBEAT = /^\/e\/heartbeat\/ZV_\w+$/
const LIVE = /^\/e\/live\/ZV_\w+$/
/** A release of z.js by its hash, as the real collector serves it beside the newest one. */
const PINNED = /^\/v\/\w+(?=\/z\.js$)/
/** The path of the newest release for that of a pinned one. */
const unpin = (path: string): string => path.replace(PINNED, '')
const SCRIPTS = readArtefacts('z.js', 'live.js', 'capture.js', 'signals.js', 'vitals.js')
// Under load, a beacon of a page that was left arrived some seconds late.
const PATIENCE_MS = 30_000
const SUMMARY_LENGTH = 10

/**
 * A collector that records every request; only its `store` stores events. Its properties control its
 * behaviour from then on.
 */
export class RecordingCollector {
  readonly requests: RecordedRequest[] = []
  /** The result of ingest requests. */
  outcome: Outcome = 200
  /** The results of the next ingest requests, used before `outcome`. */
  nextOutcomes: Outcome[] = []
  /** Share of ingest requests, 0 to 1, whose connection is reset instead: their answer is lost. */
  resetRate = 0
  /** Stores the bodies answered with 200 and those whose connection is reset; its answers are returned. */
  store: StoredSite | undefined
  retryAfter: string | undefined
  /** Network delay of ingest and live requests. */
  delayMs = 0
  /** Delay of the script files. */
  scriptDelayMs = 0
  /** The script files by their paths, which a spec may replace or delete. */
  readonly scripts = new Map(SCRIPTS)
  liveVisitors = 42
  liveStatus = 200
  readonly #answering = new Set<Promise<void>>()
  readonly #server = new ListeningServer((request, response) => {
    const answer = this.#serve(request, response).finally(() => this.#answering.delete(answer))
    this.#answering.add(answer)
  })

  async start(): Promise<this> {
    await this.#server.start()
    return this
  }

  /** Another host name than the site's, so that every request is cross-origin. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  /** Sends the answers under way, then stops listening and cuts every connection. */
  async down(): Promise<void> {
    await Promise.all(this.#answering)
    await this.#server.down()
  }

  up(): Promise<void> {
    return this.#server.up()
  }

  /** Requests with events. */
  posts(): RecordedRequest[] {
    return this.requests.filter(({ method, path }) => method === 'POST' && !HEARTBEAT.test(path))
  }

  heartbeats(): RecordedRequest[] {
    return this.requests.filter(({ path }) => HEARTBEAT.test(path))
  }

  livePolls(): RecordedRequest[] {
    return this.requests.filter(({ path }) => LIVE.test(path))
  }

  /** Every arrival of every event. */
  arrivals(): Arrival[] {
    return this.posts().flatMap((request) => parseEvents(request.body).map((event) => ({ event, request })))
  }

  /**
   * Every event once, at its first arrival, as in a collector that drops repeats. A page that is left before
   * its answer sends again, so a spec that counts must not count arrivals.
   */
  events(): IngestEvent[] {
    const events = this.arrivals().map(({ event }) => event)
    const ids = events.map(({ event_id }) => event_id)
    return events.filter(({ event_id }, index) => ids.indexOf(event_id) === index)
  }

  pageviews(): IngestEvent[] {
    return this.events().filter(({ event_type = 'pageview' }) => event_type === 'pageview')
  }

  /**
   * The paths of all pageviews, in the order in which they happened: an event ID begins with its time, and requests
   * overtake each other.
   */
  visitedPaths(): string[] {
    const timeOf = ({ event_id }: IngestEvent) => Number(event_id!.slice(0, 13))
    return this.pageviews()
      .toSorted((a, b) => timeOf(a) - timeOf(b))
      .map(({ url }) => new URL(url).pathname)
  }

  customEvents(name: string): IngestEvent[] {
    return this.events().filter(({ event_name }) => event_name === name)
  }

  /** Resolves as soon as the requests so far satisfy the condition. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!condition()) {
      if (Date.now() > deadline)
        throw new Error(
          `timed out waiting for: ${String(condition)}\nThe collector got:\n${this.#describeRequests()}`,
        )
      await sleep(10)
    }
  }

  /** Requests that no page should send; an OPTIONS request is one. */
  unexpectedRequests(): string[] {
    return this.requests
      .filter((request) => !isExpected(request))
      .map(({ method, path }) => `${method} ${path}`)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page that is being closed may cut its own request; an incomplete request is not recorded.
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    const method = request.method ?? ''
    const path = request.url ?? ''
    const recorded: RecordedRequest = {
      method,
      path,
      contentType: request.headers['content-type'],
      body,
      at: Date.now(),
      outcome: this.#decide(method, path),
    }
    this.requests.push(recorded)
    const script = this.scripts.get(unpin(path))
    await sleep(script ? this.scriptDelayMs : this.delayMs)
    if (INGEST.test(path)) await this.#keep(recorded)
    const { outcome } = recorded
    if (outcome === 'hang') return
    if (outcome === 'reset') return void request.socket.destroy()
    if (outcome === 'portal')
      return void response.writeHead(200, { ...CORS, 'content-type': 'text/html' }).end('<h1>Log in</h1>')
    const type = script ? 'text/javascript' : 'application/json'
    const retryAfter =
      this.retryAfter !== undefined && outcome !== 200 ? { 'retry-after': this.retryAfter } : {}
    response.writeHead(outcome, { ...CORS, ...retryAfter, 'content-type': type })
    response.end(script ?? JSON.stringify(this.#answer(path, outcome)))
    await finished(response).catch(() => undefined)
  }

  async #keep(request: RecordedRequest): Promise<void> {
    if (!this.store || (request.outcome !== 200 && request.outcome !== 'reset')) return
    const { status } = await this.store.post(request.body)
    if (request.outcome === 200) request.outcome = status
  }

  #decide(method: string, path: string): Outcome {
    if (HEARTBEAT.test(path)) return 200
    if (method === 'POST')
      return this.nextOutcomes.shift() ?? (Math.random() < this.resetRate ? 'reset' : this.outcome)
    if (LIVE.test(path)) return this.liveStatus
    return this.scripts.has(unpin(path)) ? 200 : 404
  }

  #answer(path: string, status: number): unknown {
    if (status !== 200)
      return {
        success: false,
        error: { code: 'TEST', message: `status ${status}`, timestamp: new Date().toISOString() },
      }
    if (!LIVE.test(path)) return { success: true }
    return { visitors: this.liveVisitors, count: this.liveVisitors, timestamp: new Date().toISOString() }
  }

  /** One line for each of the last ingest requests, to be read when a spec fails. */
  summarize(): string {
    const lines = this.posts().map(
      ({ at, outcome, body }) =>
        `${new Date(at).toISOString().slice(14, 23)} ${outcome}: ${parseEvents(body).length} events`,
    )
    return lines.slice(-SUMMARY_LENGTH).join('\n')
  }

  #describeRequests(): string {
    return this.requests
      .map(({ method, path, outcome, body }) => `${method} ${path} ${outcome} ${body}`)
      .join('\n')
  }
}

function parseEvents(body: string): IngestEvent[] {
  return [JSON.parse(body) as IngestEvent | IngestEvent[]].flat()
}

function isExpected({ method, path }: RecordedRequest): boolean {
  if (method === 'POST') return INGEST.test(path) || HEARTBEAT.test(path)
  return method === 'GET' && (LIVE.test(path) || SCRIPTS.has(unpin(path)))
}
