import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { ListeningServer } from './listening-server.js'
import { MESSAGE_PATH, type PageMessage } from './page-probe.js'
import { readArtefacts } from './read-artefacts.js'

interface ServedPage {
  html: string
  status: number
  headers: Record<string, string>
}

const MODULES = readArtefacts('index.mjs', 'live.mjs')

/**
 * The web site whose pages are tracked. It serves the ESM files, as an application's bundle would, and
 * receives the messages of its pages.
 */
export class SiteServer {
  /** Console messages and errors of the pages. */
  readonly messages: PageMessage[] = []
  /** Paths of the pages that were opened. */
  readonly visits: string[] = []
  readonly unexpectedRequests: string[] = []
  readonly #pages = new Map<string, ServedPage>()
  #proxied: { prefix: string; target: string } | undefined
  readonly #server = new ListeningServer((request, response) => void this.#serve(request, response))

  async start(): Promise<this> {
    await this.#server.start()
    return this
  }

  /** The host is `localhost`: a secure context without a certificate. */
  get url(): string {
    return `http://localhost:${this.#server.port}`
  }

  down(): Promise<void> {
    return this.#server.down()
  }

  /** Puts a page at a path and returns its URL. */
  addPage(path: string, html: string, headers: Record<string, string> = {}, status = 200): string {
    this.#pages.set(path, { html, headers, status })
    return this.url + path
  }

  /** Passes requests below a path on to another server, as a first-party proxy does. */
  forward(prefix: string, target: string): void {
    this.#proxied = { prefix, target }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => '')
    const { pathname } = new URL(request.url ?? '/', this.url)
    const { prefix, target } = this.#proxied ?? {}
    if (prefix && pathname.startsWith(`${prefix}/`))
      return this.#forward(request, response, body, target + pathname.slice(prefix.length))
    const page = this.#pages.get(pathname)
    const module = MODULES.get(pathname)
    if (request.method === 'GET' && page) {
      this.visits.push(pathname)
      response.writeHead(page.status, { 'content-type': 'text/html', ...page.headers })
      response.end(page.html)
    } else if (request.method === 'GET' && module) {
      // A sandboxed page has another origin than its own site.
      response.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' })
      response.end(module)
    } else if (request.method === 'POST' && pathname === MESSAGE_PATH) {
      this.messages.push(JSON.parse(body) as PageMessage)
      response.writeHead(204).end()
    } else {
      if (pathname !== '/favicon.ico') this.unexpectedRequests.push(`${request.method} ${request.url}`)
      response.writeHead(404).end()
    }
  }

  async #forward(
    { method = 'GET' }: IncomingMessage,
    response: ServerResponse,
    body: string,
    url: string,
  ): Promise<void> {
    const answer = await fetch(url, { method, ...(body && { body }) })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
    response.end(await answer.text())
  }
}
