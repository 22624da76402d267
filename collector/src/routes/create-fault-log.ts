import type { ErrorCode } from '@zenovay/tracker/contract'
import type { FastifyBaseLogger } from 'fastify'
import type { ApiError } from '../errors.js'

const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 5

/**
 * Logs the answers that are faults of ours, at most five of a code in ten seconds: while the store is away or a flood is
 * shed, every request ends in one, and a line for each would fill the disk. The next line says how many were left out.
 */
export function createFaultLog(
  log: FastifyBaseLogger,
  now: () => number,
): (error: ApiError, requestId: string) => void {
  const windows = new Map<ErrorCode, { start: number; lines: number; leftOut: number }>()
  return (error, requestId) => {
    let window = windows.get(error.code)
    if (!window || now() - window.start >= WINDOW_MS)
      windows.set(error.code, (window = { start: now(), lines: 0, leftOut: window?.leftOut ?? 0 }))
    if (window.lines >= LINES_PER_WINDOW) return void window.leftOut++
    window.lines++
    log.error(
      { err: error.cause ?? error, requestId, ...(window.leftOut > 0 && { leftOut: window.leftOut }) },
      error.code,
    )
    window.leftOut = 0
  }
}
