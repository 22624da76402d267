import { cleanPath, removeSecretValues } from './remove-secrets.js'
import { remember } from './remember.js'

export interface PageAddress {
  origin: string
  /** With the route of a hash-routed application, such as `/app#/cart`. */
  path: string
  /** Without the `?`, secrets removed. */
  query: string
}

// What follows `#` is a place within the page, or a secret of a log-in; only `#/…` and `#!…` are routes.
const ROUTE = /^#[/!]/

/** Splits the URL of a page. User info and fragment are dropped, unless it is a route, and what names people or opens accounts. */
export function splitUrl(url: string): PageAddress {
  const { origin, pathname, search, hash } = new URL(url)
  const [route = '', routeQuery = ''] = ROUTE.test(hash) ? hash.split('?', 2) : []
  const query = [search.slice(1), routeQuery].filter(Boolean).join('&')
  return { origin, path: cleanPath(pathname + route), query: removeSecretValues(query) }
}

/** A referrer without user info, fragment and secrets; empty when it is no http(s) URL. */
export function cleanReferrer(referrer: string | undefined): string {
  return referrer && /^https?:/i.test(referrer) ? cleanUrl(referrer) : ''
}

// Few pages send most visitors, and reading a URL takes 2 µs.
const MAX_REFERRERS = 1_000
const cleanUrl = remember((referrer) => {
  try {
    const { origin, path, query } = splitUrl(referrer)
    return origin + path + (query && `?${query}`)
  } catch {
    return ''
  }
}, MAX_REFERRERS)
