import { createSecureContext } from 'node:tls'
import { Client } from 'undici'
import { type AttemptError, AttemptFailure } from './attempt-failure.js'
import { connectGuarded } from './connect.js'
import type { EgressGuard } from './guard.js'

export interface AttemptRequest {
  url: string
  body: string
  headers: Record<string, string>
  /** Aborts the attempt, with `cancelled`. */
  signal: AbortSignal
}

export interface AttemptResult {
  /** The status of the answer; undefined without an answer. */
  status: number | undefined
  error: AttemptError | undefined
  /** The start of the answer's body as text, at most 4 KB. */
  answer: string
  durationMs: number
}

/** Sends one request within {@link ATTEMPT_DEADLINE_MS}. Never rejects. */
export type Attempt = (request: AttemptRequest) => Promise<AttemptResult>

/** Deadline of an attempt, for DNS, connect, TLS, headers and body together. */
export const ATTEMPT_DEADLINE_MS = 5_000

interface AttemptOptions {
  guard: EgressGuard
  /** PEM certificate authorities that replace Node's; for tests. */
  ca?: string
}

const MAX_HEADER_BYTES = 16 * 1024
const MAX_ANSWER_BYTES = 64 * 1024
// Maximum size of the part of an answer that is kept for the log.
const KEPT_ANSWER_BYTES = 4 * 1024
// Maximum number of bytes received: several times the largest answer with its headers and chunk framing.
const MAX_RECEIVED_BYTES = 256 * 1024

/**
 * Sends each request once, on a separate connection, to an address that the guard allows. Follows no redirect
 * and uses no proxy from the environment.
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
  /** Receives the start of the answer. */
  kept: Buffer[]
}

/** Resolves to the status once the answer has ended or reached {@link MAX_ANSWER_BYTES}. */
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
    // Both timeouts restart with every byte; the deadline does not.
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
      // There is no keep-alive: a request never hits a connection that the receiver is closing.
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
  // Aborting makes every step fail; the abort reason is the actual error.
  const failure = signal.aborted ? (signal.reason as unknown) : error
  if (failure instanceof AttemptFailure) return failure.kind
  return (failure as { code?: unknown }).code === 'UND_ERR_HEADERS_OVERFLOW' ? 'too-large' : 'connection'
}

/** Decodes as UTF-8 whatever the content type; drops a character that the cut split. */
function decodeAnswer(kept: Buffer[]): string {
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true })
}

function since(began: number): number {
  return Math.round(performance.now() - began)
}
