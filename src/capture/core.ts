import { MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import { DOOR_VERSION } from '../tracker/door-version.js'
import type { Connect } from '../tracker/open-door.js'
import type { Options } from '../tracker/options.js'
import { BEACONED } from '../tracker/outbox.js'
import type { OutgoingEvent } from '../tracker/tracker-options.js'
import { COUNTED, ENDING, FORGOTTEN, HIDING, type Moment } from './moments.js'

export * from './moments.js'

/**
 * One kind of captured event, such as clicks on outbound links: a function that is called once for each page load and adds
 * listeners, for example `() => listen('beforeprint', () => sendNamed('print', {}))`. Its name in `data-capture` is its key
 * in the table of its file.
 */
export type Kind = () => void

// The collector accepts 60 events of one address in 10 s. Pageviews must never meet that limit because of capture.
const MAX_RECENT_EVENTS = 20
const PERIOD_MS = 10_000
const MAX_PAGE_EVENTS = 100

/**
 * The options of the tracker, by the names of `dataset`. `page` is the pageview now counted as it was sent: url, title,
 * `event_id`, the IDs and the mark `cookieless` of that moment. Undefined after the IDs were deleted.
 */
export let options: Options
/** URL to which events are sent, `…/e/ZV_…`. It may be relative to the page. */
export let collector: string
/** Logs one warning for each text. */
export let warn: Parameters<Connect>[6]
/** Commands of `zenovay()`, to which a kind may add its own. In the npm package nobody calls them. */
export let commands: Parameters<Connect>[7]
/** Arguments of the calls of the command `error` before this file was there, at most ten. */
export let waitingErrors: object[] | undefined

let sendEvent: Parameters<Connect>[3]
let countPage: () => void
let transmit: Parameters<Connect>[5]
let recentEvents = 0
let pageEvents = 0
const tasks: (() => void)[][] = [[], [], [], []]

/** Wraps a function that the browser calls, so that it logs what it throws. */
export const guard =
  <Args extends unknown[]>(work: (...args: Args) => void) =>
  (...args: Args): void => {
    try {
      work(...args)
    } catch (error) {
      warn('capture', error)
    }
  }

/** Calls `task` at each such moment. */
export const when = (moment: Moment, task: () => void): void => {
  tasks[moment]!.push(guard(task))
  if (moment === COUNTED && options.page) guard(task)()
}

const tell = (moment: Moment): void => tasks[moment]!.forEach((task) => task())

/**
 * Listens on window, in the capture phase and passively: sees the event before the page can stop it, and cannot prevent it.
 * `path` has the elements from the innermost outwards, through open shadow roots.
 */
export const listen = (type: string, listener: (event: Event, path: Element[]) => void): void =>
  addEventListener(
    type,
    guard((event: Event) =>
      listener(
        event,
        event.composedPath().filter((node): node is Element => node instanceof Element),
      ),
    ),
    { capture: true, passive: true },
  )

/** Sends every unsent event with a beacon now. After {@link HIDING} this is done for all kinds. */
export const flush = (): void => transmit(BEACONED)

/**
 * Sends an event of the page that the address bar shows, or of a given pageview with its url, title and IDs; the latter
 * opens no session. Returns false, and sends nothing, beyond 20 events in 10 s or 100 for each counted page.
 */
export const send = (event: OutgoingEvent, page?: OutgoingEvent): boolean => {
  if (recentEvents >= MAX_RECENT_EVENTS || pageEvents >= MAX_PAGE_EVENTS) {
    warn('capture', 'too many events')
    return false
  }
  recentEvents++
  pageEvents++
  setTimeout(() => recentEvents--, PERIOD_MS)
  const { properties } = event
  for (const key in properties)
    properties[key] = (properties[key] as string).slice?.(0, MAX_PROPERTY_VALUE_LENGTH) ?? properties[key]
  // A page that waits for its title is counted before what happens on it.
  if (!page) countPage()
  // Without the ID of the pageview: the event gets its own.
  const { event_id: _id, referrer: _referrer, ...about } = page ?? {}
  sendEvent({ ...about, ...event })
  return true
}

/** Sends a custom event, see {@link send}. */
export const sendNamed = (event_name: string, properties: OutgoingEvent['properties']): boolean =>
  send({ event_type: 'custom', event_name, properties })

/** Takes the functions of the tracker, once. Throws if they are those of another version. */
export const connect: Connect = (version, ...door) => {
  if (version !== DOOR_VERSION) throw new Error(`version ${version} of z.js is not ${DOOR_VERSION}`)
  if (options) return
  ;[options, collector, sendEvent, countPage, transmit, warn, commands, waitingErrors] = door
  // The consent may have been withdrawn since the page was counted whose IDs an event is given.
  const { beforeSend } = options
  options.beforeSend = (event) =>
    event.cookieless && event.visitor_id ? undefined : beforeSend ? beforeSend(event) : event
  options.onPage = () => {
    tell(ENDING)
    pageEvents = 0
    queueMicrotask(() => tell(COUNTED))
  }
  options.onForget = () => {
    tell(FORGOTTEN)
    return undefined
  }
  // The listeners of the tracker run first, so that what is sent now needs a beacon of its own.
  ;['pagehide', 'visibilitychange'].forEach((type) =>
    listen(type, () => {
      if (type === 'pagehide' || document.hidden) {
        tell(HIDING)
        flush()
      }
    }),
  )
}
