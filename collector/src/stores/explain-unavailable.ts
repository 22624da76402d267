import { ClickHouseError } from '@clickhouse/client'
import { ApiError } from '../errors.js'

const RETRY_AFTER_S = 5
// Time-out, too many queries at once, out of memory, disk full in its three spellings.
const BUSY_CODES = new Set(['159', '202', '241', '243', '74', '75'])

/** `STORE_UNAVAILABLE` when the server is away or has no room now: another try may succeed. Anything else is a fault of ours, and stays what it is. */
export function explainUnavailable(error: unknown): unknown {
  if (error instanceof ClickHouseError && !BUSY_CODES.has(error.code)) return error
  return new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause: error })
}
