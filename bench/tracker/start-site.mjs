// @ts-check
import { once } from 'node:events'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { answerTracker } from './answer-tracker.mjs'
import { countEvents } from './count-events.mjs'
import { SITE } from './names.mjs'

/**
 * Serves the page and the script of each subject, answers every request of a tracker, and logs those requests
 * with the number of custom events in each.
 *
 * One server is both site and collector, distinguished by host name.
 */
export async function startSite(subjects) {
  const pages = new Map(subjects.map((subject) => [`/${subject.name}`, subject]))
  const scripts = new Map(subjects.map(({ name, script }) => [`/${name}.js`, script]))
  const log = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, SITE)
    const path = decodeURIComponent(pathname)
    const body = await readBody(request)
    let answer
    if (request.method === 'GET' && pages.has(path))
      answer = { type: 'text/html', text: createPage(pages.get(path), searchParams.has('elements')) }
    else if (request.method === 'GET' && scripts.has(path))
      answer = { type: 'text/javascript', text: scripts.get(path) }
    else {
      log.push({ request: `${request.method} ${pathname}`, events: countEvents(request.url + body) })
      answer = answerTracker(pathname)
    }
    response.writeHead(200, {
      ...allowEverything(request.headers),
      'content-type': `${answer.type}; charset=utf-8`,
      'cache-control': 'no-store',
    })
    response.end(answer.text)
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

async function readBody(request) {
  const chunks = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    // A browser that closes its page aborts requests.
  }
  const body = Buffer.concat(chunks)
  const isGzip = body[0] === 0x1f && body[1] === 0x8b
  return (isGzip ? gunzipSync(body) : body).toString()
}

/** Reads an element, as scripts of most pages do. */
const READ_ELEMENT = `<script>document.querySelector('title').textContent</script>`

/** The same page for all subjects except the script; its attributes are those of the documented tag. */
function createPage({ name, attributes = '', origin = SITE }, withElements) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page of a shop</title><link rel="icon" href="data:,">
${withElements ? READ_ELEMENT : ''}<script defer ${attributes} src="${origin}/${encodeURIComponent(name)}.js"></script><h1>A page of a shop</h1><p>Shoes, shirts and shells.</p></html>`
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
