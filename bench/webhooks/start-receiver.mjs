// @ts-check
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/tls')

/**
 * Receives deliveries on a free port of 127.0.0.1. `answer` is called with every complete request and
 * returns a status, or undefined for silence.
 */
export async function startReceiver(answer) {
  const [key, cert] = ['receiver.key', 'receiver.pem'].map((name) => readFileSync(join(FIXTURES, name)))
  const server = createServer({ key, cert }, (request, response) => {
    const at = performance.now()
    let body = ''
    request.on('error', () => {})
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const status = answer({ path: request.url, headers: request.headers, body, at })
      if (status !== undefined) response.writeHead(status).end('ok')
    })
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
