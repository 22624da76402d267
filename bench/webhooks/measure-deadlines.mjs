// @ts-check
// Measures how long attempts are held by endpoints that never finish, in ms.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAttempt } from '../../collector/dist/egress/attempt.js'
import { createEgressGuard } from '../../collector/dist/egress/guard.js'

const LOOPBACK = '127.0.0.1'
const TLS_FOLDER = join(import.meta.dirname, '../../test/fixtures/tls')
const DRIP_EVERY_MS = 100
// Each attempt needs a handshake: all at once would measure the machine.
const SPACING_MS = 20
const read = (name) => readFileSync(join(TLS_FOLDER, name), 'utf8')

/** The endpoint's behaviour on its connection once the request has arrived. */
const HABITS = {
  hangs: () => {},
  'drips its body': drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'),
  'drips a header': drip('HTTP/1.1 200 OK\r\nx: ', 'a'),
  'drips informational answers': drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
}

function drip(head, more) {
  return (socket) => {
    socket.write(head)
    const timer = setInterval(() => socket.write(more), DRIP_EVERY_MS)
    socket.on('close', () => clearInterval(timer))
  }
}

/**
 * Times of `runs` attempts at each kind of endpoint, by its name. Throws when one ends other than by the
 * deadline.
 */
export async function measureDeadlines(runs) {
  /** @type {[string, import('node:net').Server][]} */
  const habits = Object.entries(HABITS).map(([name, act]) => [
    name,
    createServer({ key: read('receiver.key'), cert: read('receiver.pem') }, (request, response) =>
      request
        .on('error', () => {})
        .on('end', () => act(response.socket))
        .resume(),
    ),
  ])
  /** @type {[string, import('node:net').Server][]} */
  const endpoints = [...habits, ['says nothing at all', createTcpServer()]]
  const attempt = createAttempt({
    guard: createEgressGuard({ allowLoopback: [LOOPBACK] }),
    ca: read('ca.pem'),
  })
  const times = {}
  for (const [name, server] of endpoints) {
    const sockets = new Set()
    server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
    await once(server.listen(0, LOOPBACK), 'listening')
    const url = `https://${LOOPBACK}:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`
    const sent = []
    for (let run = 0; run < runs; run++) {
      const began = performance.now()
      sent.push(
        attempt({ url, body: '{}', headers: {}, signal: new AbortController().signal }).then((result) => ({
          ...result,
          took: performance.now() - began,
        })),
      )
      await sleep(SPACING_MS)
    }
    const results = await Promise.all(sent)
    const other = results.find(({ error }) => error !== 'timeout')
    if (other) throw new Error(`an endpoint that ${name}: ${other.error ?? other.status}`)
    times[name] = results.map(({ took }) => took).sort((a, b) => a - b)
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return times
}
