import type { ErrorBody } from '@zenovay/tracker/contract'

// A proxy that accepts the connection but never responds must not block the page.
const TIMEOUT_MS = 20_000

/** An error response, or no response. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  /** HTTP status; 0 without a response. */
  readonly status: number
  readonly retryAfterS: number | undefined

  constructor(
    status: number,
    { message, retryAfterS }: { message?: string | undefined; retryAfterS?: number | undefined } = {},
  ) {
    super(message)
    this.status = status
    this.retryAfterS = retryAfterS
  }
}

/** Requests JSON from the collector that serves the page. Rejects with a {@link RequestFailure}. */
export async function requestJson<Body>(
  path: string,
  { key, signal }: { key?: string; signal: AbortSignal },
): Promise<Body> {
  try {
    // Relative to the page: a proxy may serve the collector under a path.
    const response = await fetch(new URL(path, document.baseURI), {
      headers: key === undefined ? {} : { 'x-api-key': key },
      credentials: 'omit',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!response.ok) throw await toFailure(response)
    return (await response.json()) as Body
  } catch (error) {
    throw error instanceof RequestFailure ? error : new RequestFailure(0)
  }
}

async function toFailure(response: Response): Promise<RequestFailure> {
  const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined
  return new RequestFailure(response.status, {
    message: body?.error?.message,
    retryAfterS: Number(response.headers.get('retry-after')) || undefined,
  })
}
