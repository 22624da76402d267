import type { ErrorBody } from '@zenovay/tracker/contract'

// A proxy that accepts and never answers must not stop the page for ever.
const TIMEOUT_MS = 20_000

/** An answer that is no success, or none at all. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  /** HTTP status; 0 when there was no answer. */
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

/** Asks the collector that served this page. Rejects with a {@link RequestFailure}. */
export async function requestJson<Body>(
  path: string,
  { key, signal }: { key?: string; signal: AbortSignal },
): Promise<Body> {
  try {
    // Relative to the page: the collector may lie behind a path of a proxy.
    const answer = await fetch(new URL(path, document.baseURI), {
      headers: key === undefined ? {} : { 'x-api-key': key },
      credentials: 'omit',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!answer.ok) throw await readFailure(answer)
    return (await answer.json()) as Body
  } catch (error) {
    throw error instanceof RequestFailure ? error : new RequestFailure(0)
  }
}

async function readFailure(answer: Response): Promise<RequestFailure> {
  const body = (await answer.json().catch(() => undefined)) as ErrorBody | undefined
  return new RequestFailure(answer.status, {
    message: body?.error?.message,
    retryAfterS: Number(answer.headers.get('retry-after')) || undefined,
  })
}
