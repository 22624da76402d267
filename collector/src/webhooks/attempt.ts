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
