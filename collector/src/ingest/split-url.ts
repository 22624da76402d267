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

// Few pages get most visits, and reading a URL is the longest step of a row. At most 20 MB, when every URL is as long as it may be.
const MAX_PAGES = 1_000

/** Splits the URL of a page. User info and fragment are dropped, unless it is a route, and what names people or opens accounts. */
export const splitUrl = remember(readAddress, MAX_PAGES)

function readAddress(url: string): Readonly<PageAddress> {
  const { origin, pathname, search, hash } = new URL(url)
  const [route = '', routeQuery = ''] = ROUTE.test(hash) ? hash.split('?', 2) : []
  const query = [search.slice(1), routeQuery].filter(Boolean).join('&')
  return { origin, path: cleanPath(pathname + route), query: removeSecretValues(query) }
}

/** A referrer without user info, fragment and secrets; empty when it is no http(s) URL. */
export function cleanReferrer(referrer: string | undefined): string {
  return referrer && /^https?:/i.test(referrer) ? cleanUrl(referrer) : ''
}

// Few pages send most visitors.
const MAX_REFERRERS = 1_000
const cleanUrl = remember((referrer) => {
  try {
    const { origin, path, query } = readAddress(referrer)
    return origin + path + (query && `?${query}`)
  } catch {
    return ''
  }
}, MAX_REFERRERS)
