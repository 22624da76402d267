import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { toNodeListener, type NodeListener } from '../../src/node/to-node-listener.js'
import { createProxy } from '../../src/server/create-proxy.js'
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
  #proxy: { path: string; listener: NodeListener } | undefined
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

  /** Serves the tracker of a collector below a path. */
  forward(path: string, collector: string): void {
    this.#proxy = { path, listener: toNodeListener(createProxy({ collector, path })) }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url)
    if (this.#proxy && pathname.startsWith(`${this.#proxy.path}/`))
      return this.#proxy.listener(request, response)
    const body = await text(request).catch(() => '')
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
}
