import { isTrackingCode } from '../contract/tracking-code.js'
import type { Properties } from '../contract/wire.js'
import { consent as setConsent } from './consent.js'
import { disable as optOut, enable as optIn } from './disable.js'
import { getVisitorId as readVisitorId } from './get-visitor-id.js'
import { goal as sendGoal } from './goal.js'
import { identify as sendIdentify } from './identify.js'
import { forget } from './identity.js'
import { page as countPage } from './page.js'
import { readTag, type Options } from './read-tag.js'
import { revenue as sendRevenue } from './revenue.js'
import { startTracker } from './start-tracker.js'
import { track as sendCustomEvent } from './track.js'
import type { TrackerOptions } from './tracker-options.js'
import { warn } from './warn.js'

const waiting: (() => void)[] = []
let started = false

// Each function names its command, instead of a table of all: a bundler drops those that a page does not import.
function call<Args extends unknown[], Result>(
  name: string,
  command: (...args: Args) => Result,
  ...args: Args
): Result | undefined {
  // On a server there is no page to wait for, and the queue would grow for ever.
  if (!started)
    return void (typeof document != 'undefined' && waiting.push(() => call(name, command, ...args)))
  // The one guard between our code and the page: a wrong call warns, and never throws into it.
  try {
    return command(...args)
  } catch (error) {
    return void warn(name, error)
  }
}

/**
 * Starts tracking this page. On a server it does nothing; called twice, it starts once.
 *
 * A code that cannot be one leaves one console warning, and nothing is sent.
 *
 * @example
 * import { init, track } from '@zenovay/tracker'
 * init('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })
 * track('signup', { plan: 'pro' })
 */
export function init(code: string, options: TrackerOptions = {}): void {
  if (started || typeof document == 'undefined') return
  if (!isTrackingCode(code)) return warn(code, `is no tracking code, nothing is sent. Write init('ZV_…')`)
  started = true
  // As text, like the attributes of a tag.
  readTag({
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
 * Sends a custom event. Before {@link init} it waits.
 *
 * Property values are strings, finite numbers or booleans; anything else is dropped with one console warning.
 * Names are cut at 64 characters, string values at 500.
 */
export function track(name: string, properties?: Properties): void {
  call('track', sendCustomEvent, name, properties)
}

/** Sends a pageview of the current (or the given) URL; nothing if it is the page already counted. */
export function page(url?: string): void {
  call('page', countPage, url)
}

/**
 * Sends a goal conversion; the property `value`, a number, is what it is worth.
 *
 * @example
 * import { goal } from '@zenovay/tracker'
 * goal('signup', { value: 30 })
 */
export function goal(name: string, properties?: Properties): void {
  call('goal', sendGoal, name, properties)
}

/**
 * Sends a revenue conversion: an amount in major units (39.5 is 39 dollars and 50 cents), and an ISO 4217 code.
 *
 * @example
 * import { revenue } from '@zenovay/tracker'
 * revenue(39.5, 'EUR', { order: '2026-118' })
 */
export function revenue(amount: number, currency = 'USD', properties?: Properties): void {
  call('revenue', sendRevenue, amount, currency, properties)
}

/**
 * Ties this and later events to a user of yours, until {@link reset}. His traits are properties.
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
  call('identify', sendIdentify, user, traits)
}

/** Forgets user, visitor and session, for a log-out. */
export function reset(): void {
  call('reset', forget)
}

/**
 * What the visitor answered to your question, remembered. `'denied'` deletes stored ids, and memory is used;
 * `'granted'` ends what the option `consent: 'required'` began.
 */
export function consent(choice: 'granted' | 'denied'): void {
  call('consent', setConsent, choice)
}

/** Opts this browser out, remembered: ids and waiting events are deleted, and nothing is sent until {@link enable}. */
export function disable(): void {
  call('disable', optOut)
}

/** Takes {@link disable} back. */
export function enable(): void {
  call('enable', optIn)
}

/** The visitor id, for payment metadata; undefined before {@link init}, when cookieless, and on a server. */
export function getVisitorId(): string | undefined {
  return started ? call('getVisitorId', readVisitorId) : undefined
}
