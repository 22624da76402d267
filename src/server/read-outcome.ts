import type { Fault, WireError } from '../contract/error-codes.js'
import type { Answer } from './call-collector.js'
import { IngestError } from './ingest-error.js'
import { readRetryAfter } from './retry-delay.js'

/** The outcome of one event that was sent. */
export type EventOutcome =
  | { status: 'stored' | 'duplicate' }
  /** `isLost`: it is valid, and could not be delivered. */
  | { error: IngestError; isLost?: boolean }

/** The outcome of a request with events. */
export type RequestOutcome =
  /** Each event has its own, in order. */
  | { events: EventOutcome[] }
  /** The body was too large. */
  | { isTooLarge: true; error: IngestError }
  /** The same events may be sent again, not before `retryAfterMs`. */
  | { retryAfterMs: number; error: IngestError }

interface Results {
  results: ({ status: 'stored' | 'duplicate' } | { status: 'rejected'; error: WireError })[]
}
interface Rejections {
  rejected?: { index: number; error: WireError }[]
}

/** Reads the outcome of `count` events out of the answer of a collector. `now` is the Unix time in milliseconds. */
export function readOutcome({ status, headers, body }: Answer, count: number, now: number): RequestOutcome {
  const events = body?.success && readEvents(body, count)
  if (events) return { events }
  const wireError = body?.success === false ? body.error : undefined
  if (status === 400 && wireError?.details?.length) return { events: splitFaults(wireError, status, count) }

  const error = wireError ? toIngestError(wireError, status) : createForeignError(status, headers)
  if (status === 413) return { isTooLarge: true, error }
  // A redirect has status 0 where the runtime hides it. What is wrong with these cannot mend itself: waiting would hide it.
  const isFinal = status === 0 || (status >= 300 && status < 500 && status !== 408 && status !== 429)
  if (isFinal) return { events: Array.from({ length: count }, () => ({ error })) }
  return { error, retryAfterMs: readRetryAfter(headers, now) }
}

/** The error of an answer of something else, such as a proxy, a login page or a captive portal. */
function createForeignError(status: number, headers: Headers): IngestError {
  const location = headers.get('location')
  return new IngestError({
    code: 'STORE_UNAVAILABLE',
    status,
    message: `The answer (status ${status}${location ? `, to ${location.slice(0, 200)}` : ''}) does not come from a collector. Check apiUrl.`,
  })
}

/** Reads the outcomes of a success, or undefined if the answer does not have one for each event. */
function readEvents(body: object, count: number): EventOutcome[] | undefined {
  const { data } = body as { data?: Results }
  if (data) {
    if (!Array.isArray(data.results) || data.results.length !== count) return undefined
    return data.results.map((result) =>
      result.status === 'rejected'
        ? { error: toIngestError(result.error, 200) }
        : { status: result.status === 'duplicate' ? 'duplicate' : 'stored' },
    )
  }
  const events: EventOutcome[] = Array.from({ length: count }, () => ({ status: 'stored' }))
  for (const { index, error } of (body as Rejections).rejected ?? [])
    if (events[index]) events[index] = { error: toIngestError(error, 200) }
  return events
}

const toIngestError = (
  { code, message, details }: Omit<WireError, 'timestamp'>,
  status: number,
): IngestError => {
  const isAddress = status === 401 || status === 403 || status === 404
  return new IngestError({
    code,
    status,
    message: isAddress ? `${message} Check apiKey, trackingCode and apiUrl.` : message,
    details,
  })
}

/** The faults of a request without a valid event name their event: `[2].url`, or `events[2].url`. */
function splitFaults(
  { code, message, details = [] }: WireError,
  status: number,
  count: number,
): EventOutcome[] {
  const own: Fault[][] = Array.from({ length: count }, () => [])
  const common: Fault[] = []
  for (const { field, reason } of details) {
    const [, index, name] = /^(?:events)?\[(\d+)\]\.?(.*)$/.exec(field) ?? []
    ;(own[Number(index)] ?? common).push({ field: name ?? field, reason })
  }
  return own.map((faults) => ({
    error: toIngestError({ code, message, details: [...faults, ...common] }, status),
  }))
}
