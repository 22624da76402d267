import { MAX_URL_LENGTH } from '../contract/limits.js'
import { options } from './options.js'
import { warn } from './warn.js'

/** Checks whether the page is served from the developer's own machine. The host name of `file:` pages is empty. */
export const isLocalPage = (): boolean => /^(127\.\d|\[::1]|$)|(^|\.)local(host)?$/.test(location.hostname)

/**
 * Returns the absolute form of a URL, or of the page URL by default. The fragment is removed unless the
 * option `hash` is set.
 */
export const resolveUrl = (url?: string): string =>
  (url ? new URL(url, location.href) : location).href
    .replace(options.hash === 'true' ? '' : /#.*/, '')
    .slice(0, MAX_URL_LENGTH)

let excludedUrls: RegExp | undefined
/** Is truthy if events of this page are sent at all. */
export let isTracked: unknown

/**
 * Decides whether the page is tracked, and compiles the path patterns in the option `exclude` to a regular
 * expression. The console says why a local page sends nothing.
 */
export const loadPage = (): void => {
  isTracked =
    !navigator.webdriver &&
    (options.allowLocalhost === 'true' || !isLocalPage() || warn('local page', 'needs data-allow-localhost'))
  if (options.exclude)
    excludedUrls = new RegExp(
      `^${location.origin}(${options.exclude
        .replace(/[^\w*, ]/g, '\\$&')
        .replace(/, */g, '|')
        .replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))})([?#]|$)`,
    )
}

/**
 * Checks whether a URL is a page of this site that matches the option `exclude`. Returns undefined if the
 * option is not set.
 */
export const isExcluded = (url: string): boolean | undefined => excludedUrls?.test(url)
