import type { IngestError } from '../../src/server/ingest-error.js'
import type { IngestEvent } from '../../src/contract/wire.js'
import { createServerTracker } from '../../src/server/create-server-tracker.js'
import type { ServerEvent } from '../../src/server/create-event.js'
import type { ServerTracker, ServerTrackerOptions } from '../../src/server/server-tracker.js'
import { createFakeClock, type FakeClock } from './fake-clock.js'

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS

export interface SentRequest {
  /** Steady time. */
  at: number
  url: string
  headers: Headers
  events: IngestEvent[]
}

type Reply = Response | Error | Promise<Response> | undefined

export interface OpenTracker {
  tracker: ServerTracker
  clock: FakeClock
  requests: SentRequest[]
  /** Tracks `count` numbered events. */
  trackMany(count: number): ReturnType<ServerTracker['track']>[]
  /** Decides the next answers; `undefined` is a success. */
  replies: ((request: SentRequest) => Reply)[]
}

export const EVENT: ServerEvent = { url: 'https://example.com/checkout', sessionId: 'session-1' }

/** The success of a collector, with or without a key. */
export function succeed({ url, events }: SentRequest): Response {
  if (!url.endsWith('/api/v1/events'))
    return Response.json({ success: true, accepted: events.length, rejected: [] })
  const results = events.map((_, index) => ({ index, status: 'stored' }))
  return Response.json({
    success: true,
    data: { stored: events.length, duplicates: 0, rejected: 0, results },
  })
}

/** A refusal of a collector. */
export const refuse = (
  status: number,
  error: { code: string; message?: string; details?: { field: string; reason: string }[] },
  headers: Record<string, string> = {},
): Response => Response.json({ success: false, error: { message: 'No.', ...error } }, { status, headers })

/** A tracker with a clock and a collector of the test. */
export function openTracker(options: Partial<ServerTrackerOptions> = {}): OpenTracker {
  const clock = createFakeClock()
  const requests: SentRequest[] = []
  const replies: OpenTracker['replies'] = []
  const fetch = async (url: string, init: RequestInit) => {
    const body = JSON.parse(init.body as string) as IngestEvent[] | { events: IngestEvent[] }
    const request: SentRequest = {
      at: clock.steadyNow(),
      url,
      headers: new Headers(init.headers),
      events: Array.isArray(body) ? body : body.events,
    }
    requests.push(request)
    const aborted = new Promise<never>((_, reject) =>
      init.signal!.addEventListener('abort', () => reject(init.signal!.reason as Error)),
    )
    const reply = await Promise.race([replies.shift()?.(request), aborted])
    if (reply instanceof Error) throw reply
    return reply ?? succeed(request)
  }
  const tracker = createServerTracker({
    trackingCode: 'ZV_TEST1',
    apiUrl: 'https://stats.example/base/',
    fetch: fetch as typeof globalThis.fetch,
    clock,
    ...options,
  })
  return {
    tracker,
    clock,
    requests,
    replies,
    trackMany: (count) => Array.from({ length: count }, (_, n) => tracker.track(`event ${n}`, EVENT)),
  }
}

/** Closes a tracker, and drops what waits. */
export async function closeNow({ tracker, clock }: Pick<OpenTracker, 'tracker' | 'clock'>): Promise<void> {
  const closing = tracker.close({ timeoutMs: 0 })
  await clock.pass(0)
  await closing
}

/** `stored`, or the code of the error. */
export const codeOf = (outcome: Promise<unknown>): Promise<string> =>
  outcome.then(
    () => 'stored',
    (error: IngestError) => error.code,
  )
