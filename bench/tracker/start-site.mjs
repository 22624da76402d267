// @ts-check
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * Serves the page and the script of each subject, answers every request of a tracker, and logs those
 * requests.
 *
 * One server is both site and collector, distinguished by host name.
 */
export async function startSite(subjects) {
  const files = new Map(
    subjects.flatMap((subject) => [
      [`/${subject.name}`, { type: 'text/html', text: createPage(subject) }],
      [`/${subject.name}.js`, { type: 'text/javascript', text: subject.script }],
    ]),
  )
  const log = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://site.example')
    const file = request.method === 'GET' && files.get(decodeURIComponent(pathname))
    if (!file) log.push(`${request.method} ${pathname}`)
    const { type, text } = file || answerTracker(pathname)
    response.writeHead(200, {
      ...allowEverything(request.headers),
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
    })
    request.resume().on('end', () => response.end(text))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    /** Returns the requests since the last call, without pages and their scripts. */
    takeLog: () => log.splice(0),
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A script requested by a loader is empty; everything else is content. */
function answerTracker(pathname) {
  return pathname.endsWith('.js')
    ? { type: 'text/javascript', text: '' }
    : { type: 'application/json', text: '{"success":true}' }
}

/** The same page for all subjects except the script; its attributes are those of our tag. */
function createPage({ name, attributes = '', origin = 'http://site.example' }) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page of a shop</title><link rel="icon" href="data:,">
<script defer ${attributes} src="${origin}/${encodeURIComponent(name)}.js"></script><h1>A page of a shop</h1><p>Shoes, shirts and shells.</p></html>`
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function allowEverything({
  origin,
  'access-control-request-headers': headers,
  'access-control-request-method': method,
}) {
  if (!origin) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    ...(headers && { 'access-control-allow-headers': headers }),
    ...(method && { 'access-control-allow-methods': method }),
  }
}
