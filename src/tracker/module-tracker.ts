import { isTrackingCode } from '../contract/tracking-code.js'
import type { Properties } from '../contract/wire.js'
import * as choices from './choices.js'
import * as commands from './commands.js'
import { forgetIdentity } from './identity.js'
import { loadOptions, type Options } from './options.js'
import { page as sendPageview } from './page.js'
import { startTracker } from './start-tracker.js'
import type { TrackerOptions } from './tracker-options.js'
import { warn } from './warn.js'

const waiting: (() => void)[] = []
let started = false

// A command is passed as a function, not looked up in a table: a bundler then drops the commands that a page
// does not import.
function call<Args extends unknown[], Result>(
  name: string,
  command: (...args: Args) => Result,
  ...args: Args
): Result | undefined {
  if (started)
    // The only guard between the tracker and the page: a failing command warns and never throws.
    try {
      return command(...args)
    } catch (error) {
      warn(name, error)
    }
  // On a server there is no page to wait for, and the queue would grow for ever.
  else if (typeof document !== 'undefined') waiting.push(() => call(name, command, ...args))
  return undefined
}

/**
 * Starts tracking this page. Does nothing on a server, or when called again.
 *
 * An invalid tracking code logs one console warning, and nothing is sent.
 *
 * @example
 * import { init, track } from '@zenovay/tracker'
 * init('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })
 * track('signup', { plan: 'pro' })
 */
export function init(code: string, options: TrackerOptions = {}): void {
  if (started || typeof document === 'undefined') return
  if (!isTrackingCode(code)) return warn(code, `is not a tracking code, nothing is sent. Write init('ZV_…')`)
  started = true
  // The options are strings, like the attributes of a tag.
  loadOptions({
    src: '',
    dataset: {
      ...(Object.fromEntries(Object.entries(options).map(([name, value]) => [name, `${value}`])) as Options),
      trackingCode: code,
    },
  })
  startTracker()
  for (const send of waiting.splice(0)) send()
}

/**
 * Sends a custom event. A call before {@link init} waits for it.
 *
 * Property values are strings, finite numbers or booleans; any other value is dropped with one console
 * warning. The name is cut to 64 characters, string values to 500.
 *
 * @example
 * import { track } from '@zenovay/tracker'
 * track('signup', { plan: 'pro' })
 */
export function track(name: string, properties?: Properties): void {
  call('track', commands.track, name, properties)
}

/** Sends a pageview of the current or the given URL, unless it is the last one counted. */
export function page(url?: string): void {
  call('page', sendPageview, url)
}

/**
 * Sends a goal conversion. The optional property `value` is a number: the conversion's worth.
 *
 * @example
 * import { goal } from '@zenovay/tracker'
 * goal('signup', { value: 30 })
 */
export function goal(name: string, properties?: Properties): void {
  call('goal', commands.goal, name, properties)
}

/**
 * Sends a revenue conversion. The amount is in major units (39.5 is 39 dollars and 50 cents), the currency an
 * ISO 4217 code.
 *
 * @example
 * import { revenue } from '@zenovay/tracker'
 * revenue(39.5, 'EUR', { order: '2026-118' })
 */
export function revenue(amount: number, currency = 'USD', properties?: Properties): void {
  call('revenue', commands.revenue, amount, currency, properties)
}

/**
 * Attributes this and later events to one of your users, until {@link reset}. Traits are sent as properties.
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

/** Deletes the ids of user, visitor and session. Call it on log-out. */
export function reset(): void {
  call('reset', forgetIdentity)
}

/**
 * Stores the visitor's answer to your consent banner. `'denied'` deletes stored ids and keeps later ones in
 * memory; `'granted'` allows storing them, which the option `consent: 'required'` prevents until then.
 */
export function consent(choice: 'granted' | 'denied'): void {
  call('consent', choices.consent, choice)
}

/**
 * Opts this browser out, and stores that: ids and unsent events are deleted, and nothing is sent until {@link
 * enable}.
 */
export function disable(): void {
  call('disable', choices.disable)
}

/** Undoes {@link disable}. */
export function enable(): void {
  call('enable', choices.enable)
}

/**
 * Returns the visitor id, for payment metadata; undefined before {@link init}, when cookieless, and on a
 * server.
 */
export function getVisitorId(): string | undefined {
  return started ? call('getVisitorId', commands.getVisitorId) : undefined
}
