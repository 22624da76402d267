import { createWireError, ERROR_CODES, type ErrorCode } from '../contract/error-codes.js'
import { MAX_BODY_BYTES } from '../contract/limits.js'
import { parseBody } from './call-collector.js'
import { checkClientAddress, findVisitor, type ClientAddress } from './client-address.js'
import { systemClock, type Clock } from './clock.js'
import { limitBody } from './limit-body.js'
import { checkBaseUrl, checkFunction, checkOptions } from './options-error.js'
import { ScriptCache, type Script, type ScriptAnswer } from './script-cache.js'

export interface ProxyOptions {
  /** Base URL of the collector. The URL may include a path prefix. */
  collector: string
  /** Path of the handler, such as `/stats`. */
  path: string
  /**
   * A key of the collector's `PROXY_KEYS`. Without one, the collector counts all visitors for the address of this server: they
   * share its limits and its country.
   */
  key?: string | undefined
  /**
   * Where the visitor's address comes from: the platform that the handler runs on, a function of yours, or the socket, which
   * the adapters of `@zenovay/tracker/node` know.
   *
   * @default 'socket'
   */
  clientAddress?: ClientAddress | undefined
  /** @default the function of the runtime */
  fetch?: typeof fetch | undefined
  /** @default the clock of the runtime */
  clock?: Clock | undefined
}

/** What an adapter knows of a request besides the request. */
export interface RequestContext {
  /** IP address of the connection. */
  clientAddress?: string | undefined
}

/** Answers a request, and never rejects. */
export type ProxyHandler = (request: Request, context?: RequestContext) => Promise<Response>

// Neither a host nor another path of the visitor's choice reaches the collector.
const SCRIPT = /^\/(?:v\/[\da-f]{1,64}\/)?(?:z|live|capture|signals|vitals)\.js(?:\.map)?$/
const EVENTS = /^\/e\/(?:heartbeat\/)?ZV_[^\W_]+$/
const LIVE = /^\/(?:e\/)?live\/ZV_[^\W_]+$/

const SENT_HEADERS = ['origin', 'user-agent', 'accept-language', 'sec-gpc', 'content-type']
const ANSWERED_HEADERS = ['content-type', 'cache-control', 'retry-after', 'x-request-id']
const SCRIPT_HEADERS = ['content-type', 'cache-control', 'etag']
const TIMEOUT_MS = 30_000
/** A page waits for its script, so one that is kept is answered soon. */
const REFRESH_TIMEOUT_MS = 5_000
const MAX_ANSWER_BYTES = 1024 * 1024
const RETRY_AFTER_S = 5
const KEY = /^[\x21-\x7e]{32,200}$/

/**
 * Creates a handler that serves the tracker of a collector from a site's own origin: its scripts, and where they send events
 * and heartbeats and read the live count. Everything else is a 404.
 *
 * Cookies, credentials and forwarding headers are not passed on, and the visitor's address only in a header of its own with
 * `key`. The answer of the collector is passed on with its status; if there is none, it is a 503, so that the tracker keeps
 * its events. Scripts are kept as long as their headers say, and longer while the collector is away.
 *
 * Throws an {@link OptionsError} if options are not valid.
 *
 * @example
 * import { createProxy } from '@zenovay/tracker/server'
 * export default {
 *   fetch: createProxy({
 *     collector: 'https://collector.example',
 *     path: '/stats',
 *     key: '0123456789abcdef0123456789abcdef',
 *     clientAddress: 'cloudflare',
 *   }),
 * }
 */
export function createProxy(options: ProxyOptions): ProxyHandler {
  checkProxyOptions(options)
  const { path, key, clientAddress = 'socket', clock = systemClock } = options
  // Bound, because runtimes reject a call on another object, and looked up late, because tests replace it.
  const { fetch = (...call: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...call) } = options
  const base = options.collector.replace(/\/+$/, '')
  const scripts = new ScriptCache(clock)

  const refuse = (code: ErrorCode, status: number = ERROR_CODES[code].status): Response =>
    Response.json(
      { success: false, error: createWireError(code, new Date(clock.now())) },
      {
        status,
        headers: {
          'cache-control': 'no-store',
          ...(status === 503 && { 'retry-after': String(RETRY_AFTER_S) }),
        },
      },
    )

  function headersOf(request: Request, { clientAddress: socketAddress }: RequestContext): Headers {
    const headers = pick(request.headers, SENT_HEADERS)
    const visitor = key === undefined ? undefined : findVisitor(request, clientAddress, socketAddress)
    if (visitor) {
      headers.set('x-zenovay-proxy-key', key!)
      headers.set('x-zenovay-client-address', visitor.address)
      if (visitor.country) headers.set('x-zenovay-country', visitor.country)
    }
    return headers
  }

  /** Sends a request, and reads the answer up to its end. Rejects if there is none. */
  const call = (target: string, init: RequestInit, timeoutMs: number) =>
    // Not the signal of the visitor's request: the event of a page that is left is to arrive.
    limitTime(timeoutMs, async (signal) => {
      const answer = await fetch(base + target, { ...init, redirect: 'manual', signal })
      return { answer, body: await limitBody(answer.body, MAX_ANSWER_BYTES).arrayBuffer() }
    })

  /** Passes a request on, and passes back an answer of the collector, but of nothing else. */
  async function forward(target: string, init: RequestInit): Promise<Response> {
    const { answer, body } = await call(target, init, TIMEOUT_MS)
    if (!isOfCollector(body)) return refuse('STORE_UNAVAILABLE')
    return new Response(body, { status: answer.status, headers: pick(answer.headers, ANSWERED_HEADERS) })
  }

  async function sendEvents(target: string, request: Request, context: RequestContext): Promise<Response> {
    let body: ArrayBuffer
    try {
      if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) throw new RangeError()
      body = await limitTime(TIMEOUT_MS, () => limitBody(request.body, MAX_BODY_BYTES).arrayBuffer())
    } catch (error) {
      // Otherwise the visitor has gone halfway or sends too slowly, and hardly reads the answer.
      return refuse(error instanceof RangeError ? 'PAYLOAD_TOO_LARGE' : 'VALIDATION_ERROR')
    }
    return forward(target, { method: 'POST', headers: headersOf(request, context), body })
  }

  async function loadScript(
    target: string,
    headers: Headers,
    known: Script | undefined,
  ): Promise<ScriptAnswer> {
    const etag = known?.headers.get('etag')
    if (etag) headers.set('if-none-match', etag)
    try {
      const { answer, body } = await call(target, { headers }, known ? REFRESH_TIMEOUT_MS : TIMEOUT_MS)
      if (known && answer.status === 304) return 'unchanged'
      const type = answer.headers.get('content-type') ?? ''
      if (answer.status === 200 && type.includes(target.endsWith('.map') ? 'json' : 'javascript'))
        return { script: { body, headers: pick(answer.headers, SCRIPT_HEADERS) } }
      if (answer.status >= 400 && answer.status < 500 && isOfCollector(body) && !known)
        return {
          refusal: new Response(body, {
            status: answer.status,
            headers: pick(answer.headers, ANSWERED_HEADERS),
          }),
        }
    } catch {
      // The collector is away.
    }
    return 'failed'
  }

  async function answerScript(target: string, request: Request, context: RequestContext): Promise<Response> {
    const found = await scripts.read(target, (known) =>
      loadScript(target, headersOf(request, context), known),
    )
    if (!found) return refuse('STORE_UNAVAILABLE')
    if (found instanceof Response) return found
    const { body, headers } = found
    const etag = headers.get('etag')
    const isKnown = etag !== null && request.headers.get('if-none-match')?.includes(etag)
    return isKnown ? new Response(null, { status: 304, headers }) : new Response(body, { headers })
  }

  async function answer(request: Request, context: RequestContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    const target = pathname.startsWith(`${path}/`) ? pathname.slice(path.length) : ''
    const { method } = request
    if (method === 'POST' && EVENTS.test(target)) return sendEvents(target, request, context)
    if (method !== 'GET' && method !== 'HEAD') return refuse('NOT_FOUND')
    if (SCRIPT.test(target)) return answerScript(target, request, context)
    return LIVE.test(target) ? forward(target, { headers: headersOf(request, context) }) : refuse('NOT_FOUND')
  }

  return async (request, context = {}) => {
    const found = await answer(request, context).catch(() => refuse('STORE_UNAVAILABLE'))
    return request.method === 'HEAD' ? new Response(null, found) : found
  }
}

/** Rejects after a time, at which the signal ends what still runs. */
async function limitTime<Value>(ms: number, run: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const ending = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`not complete within ${ms / 1000} s`)
      ending.abort(error)
      reject(error)
    }, ms)
  })
  return Promise.race([run(ending.signal), limit]).finally(() => clearTimeout(timer))
}

const pick = (headers: Headers, names: string[]): Headers =>
  new Headers(
    names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!] as [string, string]] : [])),
  )

/** Whether a body is what a collector answers, and no login page or an answer of something between. */
function isOfCollector(body: ArrayBuffer): boolean {
  const text = new TextDecoder().decode(body)
  return parseBody(text) !== undefined || /^\{"visitors":\d/.test(text)
}

function checkProxyOptions(options: ProxyOptions): void {
  const { collector, path, key, clientAddress, fetch } = { ...options }
  checkOptions('createProxy', {
    collector: checkBaseUrl(collector),
    path:
      typeof path === 'string' && /^(?:\/[\w.~-]+)+$/.test(path)
        ? undefined
        : 'must be a path such as /stats, without a slash at its end',
    key:
      key === undefined || (typeof key === 'string' && KEY.test(key))
        ? undefined
        : 'must be a key of PROXY_KEYS, 32 to 200 printable ASCII characters',
    clientAddress: checkClientAddress(clientAddress),
    fetch: checkFunction(fetch),
  })
}
