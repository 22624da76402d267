import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError } from '../errors.js'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

// Matches stack frames. Only these lines of a stack are logged, because the lines above them repeat the
// message.
const FRAME = /^ {4}at .*$/gm
const MAX_FRAMES = 8
const NOT_PRINTABLE = /[^\x20-\x7e]/g

/**
 * Creates a logger that writes JSON lines without request bodies, IP addresses, user agents or query strings.
 *
 * Errors are reduced to their name, code, message and stack frames, because Node.js attaches the rejected URL
 * to some errors and the bytes of the request to others.
 */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError, error: toPrintable },
    },
    destination,
  )
}

function serializeError(error: unknown) {
  if (!(error instanceof Error)) return { message: toPrintable(describeError(error)) }
  const { code } = error as NodeJS.ErrnoException
  const frames = error.stack?.match(FRAME)?.slice(0, MAX_FRAMES).join('\n')
  return { type: error.name, code, message: toPrintable(describeError(error)), stack: frames }
}

/**
 * Replaces all characters except printable ASCII, because JSON does not escape every control character that a
 * terminal interprets, such as U+009B.
 */
function toPrintable(text: string): string {
  return text.replace(NOT_PRINTABLE, '?')
}
