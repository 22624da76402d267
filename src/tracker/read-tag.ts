import type { TrackerOptions } from './tracker-options.js'

/** Options by the names of their data attributes, and as text, as attributes are. */
export type Options = {
  readonly [name in 'trackingCode' | 'id' | keyof TrackerOptions]?: string | undefined
} & { readonly cookielessMode?: boolean }

/** A script tag, or what an application gives instead of one. */
export interface Tag {
  dataset: Options
  /** Address of the script; empty when the page serves it, inline or in a bundle. */
  src: string
}

/** `window.ZENOVAY_TRACKER_CONFIG`, which a page sets before the script runs. */
export interface PageConfig {
  trackingCode?: string
  apiUrl?: string
  cookielessMode?: boolean
}

// A page has one tracker, so its state lives in modules: closures would cost every visitor a hundred bytes.
export let options: Options | undefined
export let code: string | undefined
export let source: string | undefined

/** Keeps what the tag says for all other modules, over what the page's configuration says, and gives the tracking code. */
export const readTag = (tag: Tag | null): string | undefined => {
  source = tag?.src
  options = { ...(window as { ZENOVAY_TRACKER_CONFIG?: PageConfig }).ZENOVAY_TRACKER_CONFIG, ...tag?.dataset }
  return (code = options.trackingCode || options.id)
}
