import { ApiError, toApiError } from './api-error.js'
import { parseBody } from './call-collector.js'
import { systemClock, type Clock } from './clock.js'
import { EventStreamParser, type EventStreamMessage } from './event-stream-parser.js'
import { limitBody } from './limit-body.js'
import { checkBaseUrl, checkFunction, checkHeaderText, checkOptions } from './options-error.js'
import { chooseDelay } from './retry-delay.js'

export interface StreamOptions {
  /** Base URL of the collector. The URL may include a path prefix. */
  apiUrl: string
  /** Key of the site with the scope `read`. */
  apiKey: string
  /** ID of the site, `ws_…`. */
  siteId: string
  /** `id` of the last message that was handled before. The hits since then follow, up to an hour back. @default now */
  lastEventId?: string | undefined
  /** Ends the stream, which then rejects with the reason of the signal. */
  signal?: AbortSignal | undefined
  /** Called with each failure after which the stream is opened again. */
  onError?: ((error: ApiError) => void) | undefined
  /** @default the function of the runtime */
  fetch?: typeof fetch | undefined
  /** @default the clock of the runtime */
  clock?: Clock | undefined
}

/** A stored event. Texts that are unknown are empty, or null. */
export interface Hit {
  id: string
  type: string
  name: string
  visitor_id: string
  url: string
  path: string
  properties: Record<string, string | number | boolean>
  /** ISO 8601. */
  occurred_at: string
  received_at: string
  [field: string]: unknown
}

/** A message of the stream. `id` is the ID to go on from after this message. */
export type StreamMessage =
  | { type: 'live'; id: string; data: { visitors: number } }
  | { type: 'analytics'; id: string; data: Record<string, number | null> }
  | { type: 'hit'; id: string; data: Hit }

/** The collector sends a comment every 15 s. */
const SILENCE_MS = 40_000
const MAX_ERROR_BYTES = 64 * 1024

/**
 * Follows the stream of a site: its live count, the summary of 24 hours, and each stored event once and in order. A connection
 * that breaks, or is silent for 40 seconds, is opened again after a pause, from the last message on.
 *
 * The iteration ends with `break`, and with an {@link ApiError} if the collector refuses: a revoked key, an unknown site, an
 * ID that is not one. Throws an {@link OptionsError} if options are not valid.
 *
 * @example
 * import { followStream } from '@zenovay/tracker/server'
 * let lastEventId: string | undefined
 * const options = { apiUrl: 'https://collector.example', apiKey: 'zv_…', siteId: 'ws_…' }
 * for await (const { type, id, data } of followStream({ ...options, lastEventId })) {
 *   if (type === 'hit') console.log(data.path)
 *   lastEventId = id
 * }
 */
export async function* followStream(options: StreamOptions): AsyncGenerator<StreamMessage, void, undefined> {
  checkStreamOptions(options)
  const { signal, onError, clock = systemClock } = options
  let lastId = options.lastEventId ?? ''
  let failures = 0
  for (;;) {
    const connection = new AbortController()
    const end = () => connection.abort(signal!.reason)
    signal?.addEventListener('abort', end)
    let retryAt = 0
    try {
      signal?.throwIfAborted()
      for await (const { message, id } of readStream(options, lastId, connection, clock)) {
        failures = 0
        lastId = id
        if (message) yield toStreamMessage(message)
      }
    } catch (error) {
      signal?.throwIfAborted()
      const failure = error instanceof ApiError ? error : toNoAnswer(error)
      const { status } = failure
      if (status >= 300 && status < 500 && status !== 429) throw failure
      retryAt = failure.retryAt?.getTime() ?? 0
      onError?.(failure)
    } finally {
      signal?.removeEventListener('abort', end)
      connection.abort()
    }
    failures++
    await sleep(Math.max(chooseDelay(failures), retryAt - clock.now()), clock, signal)
  }
}

interface ReadStep {
  /** Missing for an ID without data. */
  message?: EventStreamMessage
  id: string
}

/** Reads one connection up to its end. */
async function* readStream(
  { apiUrl, apiKey, siteId, fetch = globalThis.fetch }: StreamOptions,
  lastId: string,
  connection: AbortController,
  clock: Clock,
): AsyncGenerator<ReadStep> {
  const wait = <Value>(promise: Promise<Value>): Promise<Value> => {
    const cancel = clock.setTimer(
      () => connection.abort(new Error(`the stream was silent for ${SILENCE_MS / 1000} s`)),
      SILENCE_MS,
    )
    return promise.finally(cancel)
  }
  const response = await wait(
    fetch(`${apiUrl.replace(/\/+$/, '')}/api/stream/${encodeURIComponent(siteId)}`, {
      headers: {
        'x-api-key': apiKey,
        accept: 'text/event-stream',
        ...(lastId && { 'last-event-id': lastId }),
      },
      redirect: 'manual',
      signal: connection.signal,
    }),
  )
  const { status, headers } = response
  if (status !== 200 || !headers.get('content-type')?.startsWith('text/event-stream')) {
    const text = await wait(limitBody(response.body, MAX_ERROR_BYTES).text())
    throw toApiError({ status, headers, body: parseBody(text) }, clock.now())
  }
  const parser = new EventStreamParser(lastId)
  const decoder = new TextDecoder()
  const reader = response.body!.getReader()
  for (;;) {
    const { done, value } = await wait(reader.read())
    if (done) return
    for (const message of parser.push(decoder.decode(value, { stream: true })))
      yield { message, id: message.id }
    yield { id: parser.lastId }
  }
}

const toStreamMessage = ({ event, data, id }: EventStreamMessage): StreamMessage =>
  ({ type: event, id, data: JSON.parse(data) as unknown }) as StreamMessage

const toNoAnswer = (cause: unknown): ApiError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ApiError({ code: 'NO_ANSWER', message: `The stream was interrupted: ${reason}.`, cause })
}

function sleep(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel()
      reject(signal!.reason as Error)
    }
    const cancel = clock.setTimer(
      () => {
        signal?.removeEventListener('abort', end)
        resolve()
      },
      ms,
      true,
    )
    signal?.addEventListener('abort', end)
  })
}

function checkStreamOptions(options: StreamOptions): void {
  const { apiUrl, apiKey, siteId, lastEventId, onError, fetch } = { ...options }
  checkOptions('followStream', {
    apiUrl: checkBaseUrl(apiUrl),
    apiKey: apiKey === undefined ? 'is missing' : checkHeaderText(apiKey),
    siteId: typeof siteId === 'string' && siteId ? undefined : 'must be the ID of a site, ws_…',
    lastEventId: checkHeaderText(lastEventId),
    onError: checkFunction(onError),
    fetch: checkFunction(fetch),
  })
}
