import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Recorder {
  port: number
  /** What reached the collector, the oldest first. */
  requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[]
  /** Closes its port, as a collector that is stopped. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts a server that records requests, passes them on to a collector, and adds a cookie to each answer. */
export async function startRecorder(collectorUrl: () => string): Promise<Recorder> {
  const server = createServer((incoming, response) => {
    const { method, url, headers } = incoming
    recorder.requests.push({ method, url, headers })
    const outgoing = request(collectorUrl() + url, { method: method!, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, { ...answer.headers, 'set-cookie': 'planted=1' })
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const recorder: Recorder = {
    port,
    requests: [],
    start: () => listen(port),
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return recorder
}
