import { createSecureContext } from 'node:tls'
import { Client } from 'undici'
import { connectGuarded } from './connect.js'
import type { EgressGuard } from './guard.js'

/** Why there was no answer; `secret`: nothing was sent, because the webhook's secret was sealed with another master key. */
export type AttemptError =
  'timeout' | 'connection' | 'dns' | 'tls' | 'refused-address' | 'cancelled' | 'too-large' | 'secret'

export interface AttemptRequest {
  url: string
  body: string
  headers: Record<string, string>
  /** Ends the attempt at once, with `cancelled`. */
  signal: AbortSignal
}

export interface AttemptResult {
  /** Undefined when there was no answer. */
  status: number | undefined
  error: AttemptError | undefined
  /** The beginning of the answer's body, as text of at most 4 KB. */
  answer: string
  durationMs: number
}

/** Sends one request, under one deadline of {@link ATTEMPT_DEADLINE_MS} over everything. Never rejects. */
export type Attempt = (request: AttemptRequest) => Promise<AttemptResult>

/** Over DNS, connect, TLS, headers and body together. */
export const ATTEMPT_DEADLINE_MS = 5_000

/**
 * Ends an attempt without an answer:
 * - `timeout`: the answer was not whole within the deadline
 * - `connection`: nobody listened, the connection broke, or what came was not HTTP
 * - `dns`: the name has no address, or its servers did not answer
 * - `tls`: the certificate is not valid for the host, or no protocol was agreed upon
 * - `refused-address`: the URL, or an address of its host, is one that nothing may be sent to
 * - `cancelled`: whoever asked for the attempt gave it up
 * - `too-large`: more headers than anybody needs
 */
export class AttemptFault extends Error {
  override readonly name = 'AttemptFault'
  readonly kind: AttemptError

  constructor(kind: AttemptError, cause?: unknown) {
    super(kind, { cause })
    this.kind = kind
  }
}

interface AttemptOptions {
  guard: EgressGuard
  /** Authorities that are trusted instead of those of Node, PEM. Replaced in tests. */
  ca?: string
}

const MAX_HEADER_BYTES = 16 * 1024
const MAX_ANSWER_BYTES = 64 * 1024
// Of the answer, for people to look at.
const KEPT_ANSWER_BYTES = 4 * 1024
// Everything that an answer of the allowed size may be wrapped in, several times over.
const MAX_RECEIVED_BYTES = 256 * 1024

/** Sends a delivery to where the guard allows, once, on a connection of its own. Follows nothing, trusts no proxy of the environment. */
export function createAttempt({ guard, ca }: AttemptOptions): Attempt {
  const secureContext = createSecureContext({ minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) })

  return async ({ url, body, headers, signal }) => {
    const began = performance.now()
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(new AttemptFault('timeout')), ATTEMPT_DEADLINE_MS)
    const cancel = () => ending.abort(new AttemptFault('cancelled'))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    const kept: Buffer[] = []
    try {
      const status = await send({ url, body, headers, signal: ending.signal, guard, secureContext, kept })
      return { status, error: undefined, answer: readAnswer(kept), durationMs: since(began) }
    } catch (error) {
      return {
        status: undefined,
        error: nameFault(error, ending.signal),
        answer: readAnswer(kept),
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
  /** Where the beginning of the answer is put as it comes. */
  kept: Buffer[]
}

/** The status of the answer, once the answer has ended or is longer than anybody reads. */
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
  if ('refusal' in checked) throw new AttemptFault('refused-address')
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
    // Both begin anew with every byte; the deadline does not.
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
      // One connection for one delivery: none is ever sent into a connection that the other side is closing.
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

function nameFault(error: unknown, signal: AbortSignal): AttemptError {
  // Whatever else the end of the attempt broke.
  const fault = signal.aborted ? (signal.reason as unknown) : error
  if (fault instanceof AttemptFault) return fault.kind
  return (fault as { code?: unknown }).code === 'UND_ERR_HEADERS_OVERFLOW' ? 'too-large' : 'connection'
}

/** As text, whatever it says it is; a letter that the cut went through is left out. */
function readAnswer(kept: Buffer[]): string {
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true })
}

function since(began: number): number {
  return Math.round(performance.now() - began)
}
