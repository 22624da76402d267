import type { OutgoingEvent, TrackerOptions } from './tracker-options.js'

/**
 * What the tracker and capture tell each other. It is part of the options, because each more variable of the tracker
 * costs bytes.
 */
export interface PageHooks {
  /** The pageview now counted, with its IDs. Set when it is sent for the first time. */
  page?: OutgoingEvent | undefined
  /** Is called just before another pageview becomes {@link page}. */
  onPage?: (() => void) | undefined
  /** Is called when the IDs are deleted: by `reset`, `disable` and `consent('denied')`. */
  onForget?: (() => undefined) | undefined
}

/** Tracker options, keyed by the names of their data attributes. Values from attributes are strings. */
export type Options = {
  readonly [
    name in
      'trackingCode' | 'id' | 'downloads' | 'vitalsElements' | Exclude<keyof TrackerOptions, 'beforeSend'>
  ]?: string | undefined
} & Pick<PageConfig, 'cookielessMode' | 'beforeSend' | 'capture' | 'trackOutboundLinks'> &
  PageHooks

/** A script tag, or the equivalent object that `init` creates. */
export interface Tag {
  dataset: Options
  /** URL of the script. Empty if the script is inline or part of a bundle. */
  src: string
}

/** The type of `window.ZENOVAY_TRACKER_CONFIG`, which a page can set before the script runs. */
export interface PageConfig {
  trackingCode?: string
  apiUrl?: string
  cookielessMode?: boolean
  /** Names of what to capture, as in the attribute `data-capture`. */
  capture?: string
  /** Older name of `capture: 'outbound'`. */
  trackOutboundLinks?: boolean
  beforeSend?: TrackerOptions['beforeSend']
}

// A page has only one tracker, so its state is stored in module variables. A closure would make the script
// 100 bytes larger.
export let options: Options
export let trackingCode: string | undefined
let scriptUrl: string | undefined

/**
 * Loads the options of a script tag and returns its tracking code, or undefined if it has none. The tag takes
 * precedence over `window.ZENOVAY_TRACKER_CONFIG`.
 */
export const loadOptions = (tag: Tag | null): string | undefined => {
  scriptUrl = tag?.src
  options = { ...(window as { ZENOVAY_TRACKER_CONFIG?: PageConfig }).ZENOVAY_TRACKER_CONFIG, ...tag?.dataset }
  trackingCode = options.trackingCode || options.id
  return trackingCode
}

/** URL to which events are sent. */
export let collectorUrl: string

/**
 * Sets {@link collectorUrl}. Its base is `apiUrl`, which may end with a slash, or else the origin of the
 * script or page.
 */
export const locateCollector = (): void => {
  collectorUrl = (options.apiUrl || new URL(scriptUrl || location.href).origin).replace(
    /\/?$/,
    '/e/' + trackingCode,
  )
}
