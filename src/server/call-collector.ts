import type { WireError } from '../contract/error-codes.js'
import { limitBody } from './limit-body.js'

/** An answer whose body was read, whatever its status. */
export interface Answer {
  status: number
  headers: Headers
  /** The body as JSON. Undefined if it is none, or if the answer is not that of a collector. */
  body: CollectorBody | undefined
}

/** What every JSON answer of a collector has. */
export type CollectorBody = { success: true; data?: unknown } | { success: false; error: WireError }

export interface CallOptions {
  fetch: typeof fetch
  /** Milliseconds until headers and body must have arrived. */
  timeoutMs: number
  /** Largest body that is read, in bytes after decompression. */
  maxBytes: number
  /** Ends the call. */
  signal?: AbortSignal | undefined
}

/**
 * Sends a request to a collector and reads its answer. Redirects are not followed: their status is that of the answer, and 0
 * in runtimes that hide it.
 *
 * Rejects if there is no answer in time, if it is too large, or if it is cut off.
 */
export async function callCollector(
  url: string,
  init: RequestInit,
  { fetch, timeoutMs, maxBytes, signal }: CallOptions,
): Promise<Answer> {
  const ending = new AbortController()
  const timer = setTimeout(
    () => ending.abort(new Error(`no complete answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  )
  const end = () => ending.abort(signal!.reason)
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: ending.signal })
    const text = await limitBody(response.body, maxBytes).text()
    return { status: response.status, headers: response.headers, body: parseBody(text) }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}

/** Reads a body as that of a collector, or returns undefined. */
export function parseBody(text: string): CollectorBody | undefined {
  try {
    const body = JSON.parse(text) as CollectorBody | null
    if (body?.success === true) return body
    if (body?.success === false && typeof body.error?.code === 'string') return body
  } catch {
    // A login page, or an answer of something between.
  }
  return undefined
}
