import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError } from '../errors.js'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

// Frames of a stack name our files and lines; what stands above them repeats the message.
const FRAME = /^ {4}at .*$/gm
const MAX_FRAMES = 8
const NOT_PRINTABLE = /[^\x20-\x7e]/g

/**
 * The log: JSON lines that hold no bodies, addresses, user agents or query strings.
 *
 * Of an error they hold name, code, message and frames, and nothing else that hangs on it: Node puts the refused URL of
 * a visitor on one kind of error and the bytes of the whole request on another.
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

/** A terminal obeys escape sequences, also those that JSON leaves as they are (U+009B). */
function toPrintable(text: string): string {
  return text.replace(NOT_PRINTABLE, '?')
}
