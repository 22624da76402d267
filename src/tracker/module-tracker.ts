import { isTrackingCode } from '../contract/tracking-code.js'
import type { Properties } from '../contract/wire.js'
import * as choices from './choices.js'
import * as commands from './commands.js'
import { loadOptions, type Options } from './options.js'
import type { Callback } from './outbox.js'
import { openDoor, type Connect } from './open-door.js'
import { page as sendPageview } from './page.js'
import { startTracker } from './start-tracker.js'
import type { TrackerOptions } from './tracker-options.js'
import { guard, warn } from './warn.js'
import { flushPage } from './watch-navigation.js'

const waiting: (() => void)[] = []
let started = false

// The command is passed as a function instead of being looked up by name, so that bundlers can remove the
// commands that a page does not import.
function call<Args extends unknown[], Result>(
  name: string,
  command: (...args: Args) => Result,
  ...args: Args
): Result | undefined {
  if (started)
    // Catch all errors and log them as warnings, so that the tracker never throws into the page's code.
    try {
      flushPage()
      return command(...args)
    } catch (error) {
      warn(name, error)
    }
  // Do not queue the call on a server, because tracking never starts there and the queue would grow without
  // limit.
  else if (typeof document !== 'undefined') waiting.push(() => call(name, command, ...args))
  return undefined
}

/** Settings of a single event. */
export interface EventSettings {
  /** Whether the visitor caused the event. Any other event does not end a bounce. @default true */
  interactive?: boolean
}

/**
 * Returns whether the collector has stored the event of a call. The type is not `Promise`, because lint rules would
 * demand that every call handles it.
 */
const settled = guard(
  (send: (callback: Callback) => void): PromiseLike<boolean> =>
    new Promise((resolve) => {
      if (typeof document === 'undefined') resolve(false)
      else send(resolve)
    }),
) as (send: (callback: Callback) => void) => PromiseLike<boolean>

const start = guard((code: string, options: TrackerOptions): void => {
  if (started || typeof document === 'undefined') return
  if (!isTrackingCode(code)) return warn(code, `is not a tracking code, nothing is sent. Write init('ZV_…')`)
  started = true
  // The options are strings, like the attributes of a tag.
  loadOptions({
    src: '',
    dataset: {
      ...(Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          name,
          typeof value === 'function' ? value : `${value}`,
        ]),
      ) as Options),
      trackingCode: code,
    },
  })
  startTracker()
  for (const send of waiting.splice(0)) send()
})

/**
 * Starts tracking this page. Does nothing on a server, or if the tracker is already started.
 *
 * If the tracking code is invalid, nothing is sent and a warning is logged to the console.
 *
 * @example
 * import { init, track } from '@zenovay/tracker'
 * init('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })
 * track('signup', { plan: 'pro' })
 */
export function init(code: string, options: TrackerOptions = {}): void {
  start(code, options)
}

/**
 * Sends a custom event. A call before {@link init} is queued until the tracker starts.
 *
 * Property values must be strings, finite numbers or booleans. Any other value is dropped with a console
 * warning. The name is truncated to 64 characters, and string values are truncated to 500 characters.
 *
 * The promise resolves to true when the collector has stored the event, and to false when the event was given
 * up: it was refused, dropped or not allowed. It never rejects. It is pending while the collector is down, so do
 * not wait for it before you leave the page.
 *
 * @example
 * import { track } from '@zenovay/tracker'
 * track('signup', { plan: 'pro' })
 * track('video loaded', {}, { interactive: false })
 */
export function track(name: string, properties?: Properties, settings?: EventSettings): PromiseLike<boolean> {
  return settled((callback) => call('track', commands.track, name, properties, { ...settings, callback }))
}

/**
 * Sends a pageview of `url`, or of the current page by default. Does nothing if the last pageview had the
 * same URL.
 */
export function page(url?: string): void {
  call('page', sendPageview, url)
}

/**
 * Sends a goal conversion. The optional property `value` is a number that specifies the worth of the
 * conversion.
 *
 * Settings and the promise are those of {@link track}.
 *
 * @example
 * import { goal } from '@zenovay/tracker'
 * goal('signup', { value: 30 })
 */
export function goal(name: string, properties?: Properties, settings?: EventSettings): PromiseLike<boolean> {
  return settled((callback) => call('goal', commands.goal, name, properties, { ...settings, callback }))
}

/**
 * Sends a revenue conversion. `amount` is in major units, for example 39.5 for 39 dollars and 50 cents.
 * `currency` is an ISO 4217 code.
 *
 * @example
 * import { revenue } from '@zenovay/tracker'
 * revenue(39.5, 'EUR', { order: '2026-118' })
 */
export function revenue(amount: number, currency = 'USD', properties?: Properties): void {
  call('revenue', commands.revenue, amount, currency, properties)
}

/**
 * Assigns this and all later events to one of your users until {@link reset} is called. Traits are sent as
 * properties.
 *
 * @example
 * import { identify } from '@zenovay/tracker'
 * identify('user-42', { plan: 'pro' })
 * identify({ user_id: 'user-42', plan: 'pro' })
 */
export function identify(
  user: string | number | (Properties & { user_id: string | number }),
  traits?: Properties,
): void {
  call('identify', commands.identify, user, traits)
}

/**
 * Hands the internal functions of the tracker to `@zenovay/tracker/capture`.
 *
 * @internal
 */
export function connectCapture(connect: Connect): void {
  call('capture', openDoor, connect, { getVisitorId: commands.getVisitorId })
}

/** Deletes the user, visitor and session IDs. Call this function when a user logs out. */
export function reset(): void {
  call('reset', choices.reset)
}

/**
 * Stores the visitor's answer to your consent banner. `'granted'` allows the tracker to store IDs. `'denied'`
 * deletes the stored IDs and makes the tracker cookieless.
 *
 * With the option `consent: 'required'`, the tracker is cookieless until the visitor's answer is `'granted'`.
 */
export function consent(choice: 'granted' | 'denied'): void {
  call('consent', choices.consent, choice)
}

/**
 * Opts this browser out and stores the opt-out. All IDs and unsent events are deleted, and no event is sent
 * until {@link enable} is called.
 */
export function disable(): void {
  call('disable', choices.disable)
}

/** Allows this browser to send events again after {@link disable}. */
export function enable(): void {
  call('enable', choices.enable)
}

/**
 * Returns the visitor ID, for example for payment metadata. Returns undefined before {@link init}, in
 * cookieless mode and on a server.
 */
export function getVisitorId(): string | undefined {
  return started ? call('getVisitorId', commands.getVisitorId) : undefined
}
