import { createSecureContext } from 'node:tls'
import { Client } from 'undici'
import { type AttemptError, AttemptFailure } from './attempt-failure.js'
import { connectGuarded } from './connect.js'
import type { EgressGuard } from './guard.js'

export interface AttemptRequest {
  url: string
  body: string
  headers: Record<string, string>
  /** Aborts the attempt, which then ends with the error `cancelled`. */
  signal: AbortSignal
}

export interface AttemptResult {
  /** HTTP status of the response, or undefined if no complete response was received. */
  status: number | undefined
  error: AttemptError | undefined
  /** The first 4 KB of the response body, as text. */
  answer: string
  durationMs: number
}

/** Sends one request within {@link ATTEMPT_DEADLINE_MS}. Never rejects. */
export type Attempt = (request: AttemptRequest) => Promise<AttemptResult>

/** Maximum duration of an attempt, including DNS, connection, TLS handshake, headers and body. */
export const ATTEMPT_DEADLINE_MS = 5_000

interface AttemptOptions {
  guard: EgressGuard
  /** PEM certificate authorities that replace those of Node.js. Used by tests. */
  ca?: string
}

const MAX_HEADER_BYTES = 16 * 1024
const MAX_ANSWER_BYTES = 64 * 1024
// Maximum number of bytes of a response body that are kept for the log.
const KEPT_ANSWER_BYTES = 4 * 1024
// Maximum number of bytes to receive for one response, including headers and chunk framing.
const MAX_RECEIVED_BYTES = 256 * 1024

/**
 * Creates a function that sends each request once, over a new connection to an address that the egress guard
 * allows. The function follows no redirects and ignores proxy settings in the environment.
 */
export function createAttempt({ guard, ca }: AttemptOptions): Attempt {
  const secureContext = createSecureContext({ minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) })

  return async ({ url, body, headers, signal }) => {
    const began = performance.now()
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(new AttemptFailure('timeout')), ATTEMPT_DEADLINE_MS)
    const cancel = () => ending.abort(new AttemptFailure('cancelled'))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    const kept: Buffer[] = []
    try {
      const status = await send({ url, body, headers, signal: ending.signal, guard, secureContext, kept })
      return { status, error: undefined, answer: decodeAnswer(kept), durationMs: since(began) }
    } catch (error) {
      return {
        status: undefined,
        error: classifyError(error, ending.signal),
        answer: decodeAnswer(kept),
        durationMs: since(began),
      }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
  }
}

interface Sending extends AttemptRequest {
  guard: EgressGuard
  secureContext: ReturnType<typeof createSecureContext>
  /** Collects the first bytes of the response body. */
  kept: Buffer[]
}

/**
 * Sends a request and resolves to the HTTP status. Stops reading the response body after
 * {@link MAX_ANSWER_BYTES}.
 */
async function send({
  url: text,
  body,
  headers,
  signal,
  guard,
  secureContext,
  kept,
}: Sending): Promise<number> {
  const checked = guard.checkUrl(text)
  if ('refusal' in checked) throw new AttemptFailure('refused-address')
  signal.throwIfAborted()
  const { url } = checked
  const client = new Client(url.origin, {
    connect: (_options, done) => {
      connectGuarded({
        hostname: url.hostname,
        port: Number(url.port || 443),
        guard,
        secureContext,
        signal,
        maxBytes: MAX_RECEIVED_BYTES,
      }).then(
        (socket) => done(null, socket),
        (error: Error) => done(error, null),
      )
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    // Disable both timeouts, because the signal enforces the deadline of the whole attempt.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  })
  try {
    const answer = await client.request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { 'content-type': 'application/json', 'user-agent': 'Zenovay-Webhooks/1.0', ...headers },
      body,
      signal,
      // Disable keep-alive, so that a request is never sent over a connection that the receiver is closing.
      reset: true,
    })
    let length = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (length < KEPT_ANSWER_BYTES) kept.push(chunk.subarray(0, KEPT_ANSWER_BYTES - length))
      length += chunk.length
      if (length >= MAX_ANSWER_BYTES) break
    }
    return answer.statusCode
  } finally {
    await client.destroy()
  }
}

function classifyError(error: unknown, signal: AbortSignal): AttemptError {
  // After an abort, the caught error depends on the step that was interrupted. The abort reason is the actual
  // error.
  const failure = signal.aborted ? (signal.reason as unknown) : error
  if (failure instanceof AttemptFailure) return failure.kind
  return (failure as { code?: unknown }).code === 'UND_ERR_HEADERS_OVERFLOW' ? 'too-large' : 'connection'
}

/**
 * Decodes the bytes as UTF-8, regardless of the content type. Drops the last character if it is incomplete.
 */
function decodeAnswer(kept: Buffer[]): string {
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true })
}

function since(began: number): number {
  return Math.round(performance.now() - began)
}
