import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What happens to a request between a server and its collector. */
export type Accident =
  | 'reset before the collector'
  | 'reset after the collector'
  | 'cut answer'
  | 'limit'
  | 'unavailable'
  | 'login page'
  | 'slow'

export interface FaultProxy {
  url: string
  /** How often each accident has happened. */
  accidents: Map<Accident | 'none', number>
  /** Statuses of the collector's own answers. */
  statuses: number[]
  close(): Promise<void>
}

/** A server that passes requests on to a collector, or does what `choose` says instead. */
export async function startFaultProxy(
  target: () => string,
  choose: () => Accident | undefined,
): Promise<FaultProxy> {
  const accidents: FaultProxy['accidents'] = new Map()
  const statuses: number[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const accident = choose()
    accidents.set(accident ?? 'none', (accidents.get(accident ?? 'none') ?? 0) + 1)
    if (accident === 'reset before the collector') return void request.socket.destroy()
    if (accident === 'limit')
      return void response
        .writeHead(429, { 'retry-after': '1' })
        .end('{"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Too many requests."}}')
    if (accident === 'unavailable') return void response.writeHead(503).end('<h1>Bad gateway</h1>')
    if (accident === 'login page') return void response.writeHead(200).end('<form>Password</form>')
    if (accident === 'slow') await sleep(200)

    const headers = ['content-type', 'x-api-key'].flatMap((name) => {
      const value = request.headers[name]
      return value === undefined ? [] : [[name, value as string] as const]
    })
    const stored = await fetch(target() + request.url!, {
      method: request.method!,
      headers: Object.fromEntries(headers),
      body: new Uint8Array(body),
    })
    const text = await stored.text()
    statuses.push(stored.status)
    if (accident === 'reset after the collector') return void request.socket.destroy()
    response.writeHead(stored.status, Object.fromEntries(stored.headers))
    if (accident !== 'cut answer') return void response.end(text)
    response.write(text.slice(0, text.length / 2))
    await sleep(10)
    request.socket.destroy()
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accidents,
    statuses,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  }
}
