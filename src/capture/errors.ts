import { MAX_PROPERTIES, MAX_PROPERTY_KEY_LENGTH, MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import type { Properties } from '../contract/wire.js'
import { commands, listen, options, send, waitingErrors, type Kind } from './core.js'
import { cutUrl, parseStack } from './parse-stack.js'

const MAX_PAGE_ERRORS = 10
const MAX_LOAD_ERRORS = 50
/** So often the stack of errors with the same message is looked at: reading it takes most of the time. */
const MAX_READ_STACKS = 10
const MAX_FRAME_LENGTH = 200
// Fields of an error, which its own properties must leave room for.
const FIELDS = 18

/** Where an error happened, as an `ErrorEvent` says it. */
type Place = Partial<Pick<ErrorEvent, 'filename' | 'lineno' | 'colno'>>

let page: unknown
/** How often each error of this page has occurred. */
let seen: Record<string, number> = {}
let pageErrors = 0
let loadErrors = 0
let isLeft = false

/** Returns a text of something that may be anything, and may throw when it is read. */
const read = (get: () => string | boolean | null | undefined): string => {
  try {
    return String(get() ?? '')
  } catch {
    return ''
  }
}

const readName = (error: unknown): string =>
  read(() => (error as Error).name).slice(0, MAX_PROPERTY_VALUE_LENGTH) || 'Error'

const readMessage = (error: unknown): string =>
  (read(() => (error as Error).message) || read(() => error as string)).slice(0, MAX_PROPERTY_VALUE_LENGTH)

/**
 * Sends an error, whatever value it is. Sends nothing beyond the limits, after the page was left, for the same error on the
 * same page, and for errors that say nothing about the page.
 */
export const reportError = (
  error: unknown,
  handled: boolean,
  { filename, lineno, colno }: Place = {},
  ownProperties?: Record<string, unknown>,
): void => {
  if (page !== options.page) {
    page = options.page
    seen = {}
    pageErrors = 0
  }
  if (isLeft || pageErrors >= MAX_PAGE_ERRORS || loadErrors >= MAX_LOAD_ERRORS) return
  const type = readName(error)
  const message = readMessage(error)
  const text = `${type}: ${message}`
  if (/^(AbortError:|.*: ResizeObserver loop)/.test(text)) return
  seen[text] = (seen[text] || 0) + 1
  if (seen[text] > MAX_READ_STACKS) return
  const frames = parseStack(read(() => (error as Error).stack))
  // For an error of JSON.parse, and for too much recursion, the event of Chromium has the first line of a file.
  const file = frames[0]?.file || cutUrl(filename || '')
  const line = frames[0]?.line || lineno || 0
  const column = frames[0]?.column || colno || 0
  const place = `${text} ${file}:${line}:${column}`
  if (seen[place] || frames.some((frame) => frame.file.includes('-extension:'))) return
  seen[place] = 1
  pageErrors++
  loadErrors++

  const properties: Properties = {
    ...(Object.fromEntries(
      Object.entries(ownProperties || {})
        .filter(
          ([key, value]) =>
            key && key.length <= MAX_PROPERTY_KEY_LENGTH && /^(string|number|boolean)$/.test(typeof value),
        )
        .slice(0, MAX_PROPERTIES - FIELDS),
    ) as Properties),
    type,
    message,
    file,
    line,
    column,
    handled,
  }
  frames.forEach((frame, index) => {
    properties[`frame_${index + 1}`] = `${frame.name}@${frame.file}:${frame.line}:${frame.column}`.slice(
      0,
      MAX_FRAME_LENGTH,
    )
  })
  // The first of an `AggregateError`.
  let cause: unknown
  read(() => (cause = (error as Error).cause ?? (error as AggregateError).errors[0]) as string)
  if (cause) properties['cause'] = `${readName(cause)}: ${readMessage(cause)}`

  // The IDs of the page, so that an error opens no session, but not its address: the page may have changed.
  send({ event_type: 'error', url: '', title: undefined, properties }, options.page)
}

/** The event of an error that nobody has caught, or of a file that could not be loaded. */
const onEvent = (event: Event): void => {
  const { target, message, error, reason, detail } = event as Event & {
    message?: string
    error?: unknown
    reason?: unknown
    detail?: { reason?: unknown }
  }
  // Some libraries for promises fire events of their own.
  if (event.type === 'unhandledrejection') reportError(reason ?? detail?.reason, false)
  else if (target instanceof Element) {
    const { src, href } = target as HTMLScriptElement & HTMLLinkElement
    const filename = `${src || href}`
    if (target.matches('script,link[rel~=stylesheet]') && filename.startsWith(`${location.origin}/`))
      reportError({ name: 'ResourceError', message: `${target.localName} failed to load` }, false, {
        filename,
      })
  } else if (message)
    reportError(
      error ?? { name: message === 'Script error.' ? 'CrossOrigin' : 'Error', message },
      false,
      event as ErrorEvent,
    )
}

/** Takes a call of the command `error`. The documented stub passes the event of an error. */
const onCall = (error?: unknown, properties?: Record<string, unknown>): void =>
  // A proxy may throw when it is asked for its prototype.
  read(() => error instanceof Event) === 'true'
    ? onEvent(error as Event)
    : reportError(error, true, {}, properties)

/**
 * Errors that nobody has caught, rejected promises, files of the own origin that do not load, and those that the page
 * reports: `error` with `type`, `message`, `file`, `line`, `column`, `handled`, `frame_1` to `frame_10` and `cause`. The same
 * error once for each page, ten for each page and 50 for each load.
 */
export const errors: Kind = () => {
  ;['error', 'unhandledrejection'].forEach((type) => listen(type, onEvent))
  // A page that is left aborts what is under way.
  ;['pagehide', 'pageshow'].forEach((type) =>
    listen(type, () => {
      isLeft = type === 'pagehide'
    }),
  )
  commands['error'] = onCall
  waitingErrors?.forEach((call) => onCall(...(call as [unknown, Record<string, unknown>])))
}
