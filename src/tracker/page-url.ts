import { MAX_URL_LENGTH } from '../contract/limits.js'
import { options } from './options.js'

/** Whether the page is served from the developer's own machine; `file:` pages have an empty host name. */
export const isLocalPage = (): boolean => /^(127\.\d|\[::1]|$)|(^|\.)local(host)?$/.test(location.hostname)

/**
 * Resolves a URL against the page's, which is the default. The fragment is removed unless it is the route.
 */
export const resolveUrl = (url?: string): string =>
  new URL(url || location.href, location.href).href
    .replace(options.hash === 'true' ? '' : /#.*/, '')
    .slice(0, MAX_URL_LENGTH)

let excludedUrls: RegExp | undefined

/** Compiles the patterns of `data-exclude`. */
export const loadExclusions = (): void => {
  if (options.exclude)
    excludedUrls = new RegExp(
      `^${location.origin}(${options.exclude
        .replace(/[^\w*, ]/g, '\\$&')
        .replace(/, */g, '|')
        .replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))})([?#]|$)`,
    )
}

/** Whether a URL is a page of this site that matches a pattern of `data-exclude`. */
export const isExcluded = (url: string): boolean | undefined => excludedUrls?.test(url)
