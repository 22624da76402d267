import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ERROR_CODES, type ErrorBody } from '../contract/error-codes.js'
import type { IngestEvent, Properties } from '../contract/wire.js'
import { IngestError } from './ingest-error.js'

export interface ServerTrackerOptions {
  /** Tracking code of the site, `ZV_…`. */
  trackingCode: string
  /** Base URL of the collector. The URL may include a path prefix. */
  apiUrl: string
  /**
   * User agent that identifies your service. Generic user agents such as curl and python are rejected as
   * bots.
   * @default 'Zenovay-Server/1.0'
   */
  userAgent?: string
  /** Maximum number of attempts to send an event. @default 3 */
  attempts?: number
}

export interface ServerEvent {
  /** Absolute http(s) URL of the page. */
  url: string
  /** ID of the visit, with at least 8 characters. Use the same ID for all events of the visit. */
  sessionId: string
  /** ID of the visitor, with at least 8 characters. Use the same ID for all events of the visitor. */
  visitorId?: string
  userId?: string
  referrer?: string
  properties?: Properties
}

export interface ServerTracker {
  /**
   * Sends a custom event. Resolves when the event is stored, and rejects with an {@link IngestError} on
   * failure.
   */
  track(name: string, event: ServerEvent): Promise<void>
  /**
   * Sends a pageview. Resolves when the event is stored, and rejects with an {@link IngestError} on failure.
   */
  pageview(event: ServerEvent): Promise<void>
}

const ATTEMPT_TIMEOUT_MS = 10_000
const FIRST_BACKOFF_MS = 500

/**
 * Creates a client that sends events from a server.
 *
 * Each event has its own ID, so that a retry after a lost response is not counted twice. The client retries
 * after status 429, status 5xx and connection errors. It waits for `Retry-After` or for an exponential
 * backoff, whichever is longer.
 *
 * @example
 * import { createServerTracker } from '@zenovay/tracker/node'
 * const analytics = createServerTracker({
 *   trackingCode: 'ZV_XXXXXXXXXXX',
 *   apiUrl: 'https://collector.example',
 * })
 * await analytics.track('purchase', {
 *   url: 'https://example.com/checkout',
 *   sessionId: 'srv-9f2a7c41bd',
 *   properties: { value: 99.99 },
 * })
 */
export function createServerTracker({
  trackingCode,
  apiUrl,
  userAgent = 'Zenovay-Server/1.0',
  attempts = 3,
}: ServerTrackerOptions): ServerTracker {
  const endpoint = `${apiUrl.replace(/\/$/, '')}/e/${encodeURIComponent(trackingCode)}`

  const send = async (
    kind: Partial<IngestEvent>,
    { url, sessionId, visitorId, userId, referrer, properties }: ServerEvent,
  ) => {
    const event = {
      ...kind,
      event_id: randomUUID(),
      url,
      session_id: sessionId,
      visitor_id: visitorId,
      user_id: userId,
      referrer,
      properties,
      device_type: 'server',
      browser: 'server',
      os: 'server',
      user_agent: userAgent,
    }
    for (let attempt = 1; ; attempt++) {
      const { error, retryAfterMs } = await post(endpoint, { ...event, ...(attempt > 1 && { retry: true }) })
      if (!error) return
      if (retryAfterMs === undefined || attempt >= attempts) throw error
      await sleep(Math.max(retryAfterMs, FIRST_BACKOFF_MS * 2 ** (attempt - 1)))
    }
  }

  return {
    track: (name, event) => send({ event_type: 'custom', event_name: name }, event),
    pageview: (event) => send({ event_type: 'pageview' }, event),
  }
}

interface Outcome {
  error?: IngestError
  /** Minimum delay before the next attempt, in milliseconds. Undefined if the event must not be retried. */
  retryAfterMs?: number
}

async function post(endpoint: string, event: object): Promise<Outcome> {
  try {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
    })
    const text = await answer.text()
    if (answer.ok) return {}
    const error = readError(answer.status, text)
    if (answer.status !== 429 && answer.status < 500) return { error }
    return { error, retryAfterMs: Number(answer.headers.get('retry-after') ?? 0) * 1000 || 0 }
  } catch (cause) {
    const { message } = ERROR_CODES.STORE_UNAVAILABLE
    return {
      error: new IngestError({ code: 'STORE_UNAVAILABLE', status: 0, message, cause }),
      retryAfterMs: 0,
    }
  }
}

function readError(status: number, text: string): IngestError {
  try {
    const { error } = JSON.parse(text) as ErrorBody
    return new IngestError({ code: error.code, status, message: error.message, details: error.details })
  } catch {
    // The response comes from a proxy or another server, not from the collector.
    return new IngestError({
      code: 'STORE_UNAVAILABLE',
      status,
      message: `The answer (status ${status}) does not come from a collector. Check apiUrl.`,
    })
  }
}
