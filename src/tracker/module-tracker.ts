import { isTrackingCode } from '../contract/tracking-code.js'
import type { Properties } from '../contract/wire.js'
import { readTag } from './read-tag.js'
import { run } from './run.js'
import { startTracker } from './start-tracker.js'
import type { TrackerOptions } from './tracker-options.js'
import { warn } from './warn.js'

type Call = Parameters<typeof run>

const waiting: Call[] = []
let started = false

function call(...call: Call): void {
  if (started) run(...call)
  // On a server there is no page to wait for, and the queue would grow for ever.
  else if (typeof document != 'undefined') waiting.push(call)
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
export function init(code: string, { apiUrl, cookieless, auto, allowLocalhost }: TrackerOptions = {}): void {
  if (started || typeof document == 'undefined') return
  if (!isTrackingCode(code)) return warn(code, `is no tracking code, nothing is sent. Write init('ZV_…')`)
  started = true
  readTag({ src: '', dataset: { trackingCode: code, apiUrl, cookieless: `${cookieless}`, auto: `${auto}`, allowLocalhost: `${allowLocalhost}` } })
  startTracker()
  for (const call of waiting.splice(0)) run(...call)
}

/**
 * Sends a custom event. Before {@link init} it waits.
 *
 * Property values are strings, finite numbers or booleans; anything else is dropped with one console warning.
 * Names are cut at 64 characters, string values at 500.
 */
export function track(name: string, properties?: Properties): void {
  call('track', name, properties)
}

/** Sends a pageview of the current (or the given) URL; nothing if it is the page already counted. */
export function page(url?: string): void {
  call('page', url)
}

/** The visitor id, for payment metadata; undefined before {@link init}, when cookieless, and on a server. */
export function getVisitorId(): string | undefined {
  return started ? (run('getVisitorId') as string | undefined) : undefined
}
