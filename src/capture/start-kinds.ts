import { MAX_PROPERTY_VALUE_LENGTH } from '../contract/limits.js'
import type { Connect } from '../tracker/open-door.js'
import { DOOR_VERSION } from '../tracker/door-version.js'
import { BEACONED } from '../tracker/outbox.js'
import type { OutgoingEvent } from '../tracker/tracker-options.js'
import type { Door, Hooks, Kind, Tools } from './kind.js'
import { attributeOf, textOf } from './text-of.js'

// The collector accepts 60 events of one address in 10 s. Pageviews must never meet that limit because of capture.
const MAX_RECENT_EVENTS = 20
const PERIOD_MS = 10_000
const MAX_PAGE_EVENTS = 100

/** Starts a kind, unless it is started already. Undefined until the tracker has handed over its functions. */
export let startKind: ((kind: Kind) => void) | undefined

/** Takes the functions of the tracker. Does nothing if they come again, or are those of another version. */
export const connect: Connect = (
  version,
  options,
  collector,
  sendEvent,
  countPage,
  transmit,
  keepAlive,
  warn,
  commands,
  errors,
) => {
  if (startKind) return
  if (version !== DOOR_VERSION)
    return warn('capture', `needs z.js of version ${DOOR_VERSION}, not ${version}`)
  const started: Record<string, boolean> = {}
  const allHooks: Hooks[] = []
  let recentEvents = 0
  let pageEvents = 0

  const guard: Tools['guard'] =
    (work) =>
    (...args) => {
      try {
        work(...args)
      } catch (error) {
        warn('capture', error)
      }
    }
  const tell = (name: keyof Hooks) => allHooks.forEach((hooks) => guard(() => hooks[name]?.())())
  const listen: Tools['listen'] = (type, listener) =>
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
  const send: Tools['send'] = ({ properties, ...event }, page) => {
    if (recentEvents >= MAX_RECENT_EVENTS || pageEvents >= MAX_PAGE_EVENTS) {
      warn('capture', 'too many events: some are dropped')
      return false
    }
    recentEvents++
    pageEvents++
    setTimeout(() => recentEvents--, PERIOD_MS)
    if (!page) countPage()
    sendEvent({
      ...event,
      properties: Object.fromEntries(
        Object.entries(properties || {}).map(([key, value]) => [
          key,
          typeof value === 'string' ? value.slice(0, MAX_PROPERTY_VALUE_LENGTH) : value,
        ]),
      ),
      ...(page && idsOf(page)),
    })
    return true
  }
  const door: Door = {
    page: () => options.page,
    keepAlive,
    flush: () => transmit(BEACONED),
    options,
    collector,
    commands,
    errors,
  }
  const tools: Tools = { listen, guard, send, warn, attributeOf, textOf }

  // The consent may have been withdrawn since the page was counted whose IDs an event is given.
  const { beforeSend } = options
  options.beforeSend = (event) =>
    event.cookieless && event.visitor_id ? undefined : beforeSend ? beforeSend(event) : event
  options.onPage = () => {
    tell('onPageEnd')
    pageEvents = 0
    queueMicrotask(() => tell('onPage'))
  }
  options.onForget = () => {
    tell('onForget')
    return undefined
  }
  // The listeners of the tracker run first, so that events that kinds send now need a beacon of their own.
  const hide = () => {
    tell('onHide')
    door.flush()
  }
  listen('pagehide', hide)
  listen('visibilitychange', () => {
    if (document.hidden) hide()
  })

  startKind = guard((kind: Kind) => {
    if (started[kind.name]) return
    started[kind.name] = true
    const hooks = kind.start(door, tools) || {}
    allHooks.push(hooks)
    if (options.page) hooks.onPage?.()
  })
}

/** The fields of a pageview that an event about it has in common, where they have a value. */
const idsOf = ({
  url,
  title,
  visitor_id,
  session_id,
  user_id,
  cookieless,
  gpc,
}: OutgoingEvent): OutgoingEvent => ({
  url,
  title,
  visitor_id,
  session_id,
  user_id,
  ...(cookieless && { cookieless, gpc }),
})
