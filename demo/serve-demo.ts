import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { isIPv6, type AddressInfo } from 'node:net'
import { MISSING, readDemoPages } from './read-demo-pages.js'

export interface DemoOptions {
  /** 0 or a port in use lets the system choose. */
  port: number
  host: string
  /** The origin of the tracker's scripts, which also receives its events. */
  collectorUrl: string
  trackingCode: string
}

export interface Demo {
  url: string
  close(): Promise<void>
}

/** Serves only the known paths of the demo shop and app, so that no path leads out of its folder. */
export async function serveDemo({ port, host, collectorUrl, trackingCode }: DemoOptions): Promise<Demo> {
  const pages = await readDemoPages({ collector: collectorUrl, 'tracking-code': trackingCode })
  const byPath = new Map(pages.map((page) => [page.path, page]))

  const server = createServer((request, response) => {
    const [path] = (request.url ?? '').split('?', 1)
    const page = byPath.get(path!) ?? byPath.get(MISSING)!
    const status = page.path === MISSING ? 404 : 200
    response.setHeader('x-content-type-options', 'nosniff')
    if (path === '/app') return response.writeHead(308, { location: '/app/' }).end()
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return response.writeHead(405, { allow: 'GET, HEAD' }).end()
    response.writeHead(status, { 'content-type': page.type, 'cache-control': 'no-cache' }).end(page.content)
  })
  await listen(server, port, host).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error
    return listen(server, 0, host)
  })

  const name = isIPv6(host) ? `[${host}]` : host
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      // Browsers keep connections open for the next page.
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}
