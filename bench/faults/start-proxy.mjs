// @ts-check
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'

/**
 * A proxy that treats each exchange as `choose()` decides: `pass`, `lose` (the server gets the request, its
 * answer is dropped with the connection) or `fail` (500 at once).
 */
export async function startProxy({ target, choose }) {
  const agent = new Agent({ keepAlive: true })
  const { hostname, port: targetPort } = new URL(target)
  const done = { pass: 0, lose: 0, fail: 0 }
  const server = createServer((incoming, reply) => {
    const what = choose()
    done[what]++
    if (what === 'fail') {
      incoming
        .resume()
        .on('end', () =>
          reply.writeHead(500, { 'content-type': 'text/plain' }).end('Something is broken here.'),
        )
      return
    }
    const outgoing = request(
      {
        hostname,
        port: targetPort,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
        agent,
      },
      (answer) => {
        if (what === 'lose') return answer.resume().on('end', () => incoming.socket.resetAndDestroy())
        reply.writeHead(answer.statusCode, answer.headers)
        answer.pipe(reply)
      },
    )
    outgoing.on('error', () => incoming.socket.destroy())
    reply.on('close', () => reply.writableFinished || outgoing.destroy())
    incoming.pipe(outgoing)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    /** Number of exchanges by decision. */
    done,
    stop() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}
