import type { TrackerOptions } from './tracker-options.js'

/** Options by the names of their data attributes. All values are strings, as attributes are. */
export type Options = {
  readonly [name in 'trackingCode' | 'id' | keyof TrackerOptions]?: string | undefined
} & { readonly cookielessMode?: boolean }

/** A script tag, or an application's substitute for one. */
export interface Tag {
  dataset: Options
  /** URL of the script; empty when it is inline or part of a bundle. */
  src: string
}

/** The object `window.ZENOVAY_TRACKER_CONFIG`, which a page may set before the script runs. */
export interface PageConfig {
  trackingCode?: string
  apiUrl?: string
  cookielessMode?: boolean
}

// A page has one tracker, so its state lives in module variables: a closure would cost every visitor 100
// bytes.
export let options: Options
export let trackingCode: string | undefined
let scriptUrl: string | undefined

/** Loads the options of a tag over those of the page's configuration, and returns the tracking code. */
export const loadOptions = (tag: Tag | null): string | undefined => {
  scriptUrl = tag?.src
  options = { ...(window as { ZENOVAY_TRACKER_CONFIG?: PageConfig }).ZENOVAY_TRACKER_CONFIG, ...tag?.dataset }
  trackingCode = options.trackingCode || options.id
  return trackingCode
}

/** URL that events are sent to. */
export let collectorUrl: string

/**
 * Sets {@link collectorUrl}: under `apiUrl`, which may end with a slash, or else the origin of the script.
 */
export const locateCollector = (): void => {
  collectorUrl = (options.apiUrl || new URL(scriptUrl || location.href).origin).replace(
    /\/?$/,
    '/e/' + trackingCode,
  )
}
