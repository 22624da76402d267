import type { RequestContext } from '../server/index.js'

/** A handler of requests as the Fetch standard has them, such as those of `createProxy` and `createWebhookHandler`. */
export type FetchHandler = (request: Request, context: RequestContext) => Response | Promise<Response>

/** What is used of a request of `node:http`. Express keeps the whole path in `originalUrl`. */
export interface NodeRequest {
  method?: string | undefined
  url?: string | undefined
  originalUrl?: string | undefined
  rawHeaders: string[]
  socket: { remoteAddress?: string | undefined }
  readableDidRead: boolean
  readableEnded: boolean
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  pause(): unknown
  resume(): unknown
  destroy(): unknown
}

/** What is used of a response of `node:http`. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string | string[]>): unknown
  write(chunk: Uint8Array): boolean
  end(): unknown
  destroy(): unknown
  once(event: 'drain' | 'close' | 'finish', listener: () => void): unknown
  off(event: 'drain' | 'close', listener: () => void): unknown
}

export type NodeListener = (request: NodeRequest, response: NodeResponse) => void

/** How long the rest of a request is left unread after its answer, so that the answer arrives. */
const LINGER_MS = 1_000
const NO_BODY = ['GET', 'HEAD']

/**
 * Makes a listener of `node:http` and Express out of a handler of fetch requests. The handler gets the address of the socket
 * as `clientAddress`, and reads the body itself: no parser such as `express.json()` may have read it before.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { createProxy, toNodeListener } from '@zenovay/tracker/node'
 * const proxy = createProxy({ collector: 'https://collector.example', path: '/stats', key: '0123456789abcdef0123456789abcdef' })
 * createServer(toNodeListener(proxy)).listen(8080)
 */
export function toNodeListener(handler: FetchHandler): NodeListener {
  return (request, response) => {
    answer(handler, request)
      .catch((error: unknown) => {
        console.error('zenovay: the handler of a request threw', error)
        return refuse(500, 'INTERNAL_ERROR', 'The handler of this request failed.')
      })
      .then((answered) => send(answered, request, response))
      .catch(() => response.destroy())
  }
}

async function answer(handler: FetchHandler, request: NodeRequest): Promise<Response> {
  const { method = 'GET', originalUrl, url = '/', socket, readableDidRead } = request
  const target = originalUrl ?? url
  // A request to a forward proxy names another host.
  if (!target.startsWith('/')) return refuse(404, 'NOT_FOUND', 'Not found.')
  const hasBody = !NO_BODY.includes(method)
  if (hasBody && readableDidRead) {
    console.error(
      'zenovay: the body of a request was read before its handler. Mount the handler before express.json() and other parsers.',
    )
    return refuse(500, 'INTERNAL_ERROR', 'The body was read before the handler of this request.')
  }
  // The Fetch standard has no request with this method.
  if (method === 'TRACE') return refuse(405, 'METHOD_NOT_ALLOWED', 'This method is not supported.')
  const init: RequestInit = {
    method,
    headers: readHeaders(request),
    ...(hasBody && { body: readBody(request), duplex: 'half' }),
  }
  return handler(new Request(`http://localhost${target}`, init), { clientAddress: socket.remoteAddress })
}

function readHeaders({ rawHeaders }: NodeRequest): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    // Pseudo-headers of HTTP/2.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[index + 1]!)
  }
  return headers
}

// Not Readable.toWeb(): when its reader stops, it closes the connection before the answer is sent.
function readBody(request: NodeRequest): ReadableStream<Uint8Array> {
  let isOver = false
  return new ReadableStream({
    start(controller) {
      const finish = (end: () => void) => {
        if (!isOver) end()
        isOver = true
      }
      request.on('data', (chunk) => {
        if (isOver) return
        controller.enqueue(new Uint8Array(chunk))
        if (controller.desiredSize! <= 0) request.pause()
      })
      request.on('end', () => finish(() => controller.close()))
      request.on('error', (error) => finish(() => controller.error(error)))
      request.on('close', () => finish(() => controller.error(new Error('the sender has gone'))))
    },
    pull: () => void request.resume(),
    cancel() {
      isOver = true
      request.pause()
    },
  })
}

async function send(answered: Response, request: NodeRequest, response: NodeResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of answered.headers) headers[name] = value
  const cookies = answered.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  const isUnread = !NO_BODY.includes(request.method ?? 'GET') && !request.readableEnded
  if (isUnread) headers['connection'] = 'close'
  response.writeHead(answered.status, headers)
  if (isUnread) response.once('finish', () => setTimeout(() => request.destroy(), LINGER_MS).unref())

  let isClosed = false
  response.once('close', () => (isClosed = true))
  const reader = (answered.body as ReadableStream<Uint8Array> | null)?.getReader()
  for (;;) {
    const chunk = await reader?.read()
    if (!chunk || chunk.done || isClosed) break
    if (!response.write(chunk.value)) await drained(response)
  }
  if (isClosed) await reader?.cancel()
  else response.end()
}

function drained(response: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off('drain', end)
      response.off('close', end)
      resolve()
    }
    response.once('drain', end)
    response.once('close', end)
  })
}

const refuse = (status: number, code: string, message: string): Response =>
  Response.json({ success: false, error: { code, message } }, { status })
