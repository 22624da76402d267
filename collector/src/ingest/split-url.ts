// Values of these query keys open accounts or name people. The key stays, so that pages can be told apart.
const SECRET_KEY = /^(.*[_-])?(access_?token|api_?key|auth|code|e?mail|jwt|key|pass(word|wd)?|pwd|secret|session(_?id)?|sig(nature)?|state|ticket|token)$/i

export interface PageAddress {
  origin: string
  /** With the route of a hash-routed application, such as `/app#/cart`. */
  path: string
  /** Without the `?`, secrets removed. */
  query: string
}

// What follows `#` is a place within the page, or a secret of a log-in; only `#/…` and `#!…` are routes.
const ROUTE = /^#[/!]/

/** Splits the URL of a page. User info and fragment are dropped, unless it is a route, and values of query keys that hold secrets. */
export function splitUrl(url: string): PageAddress {
  const { origin, pathname, search, hash } = new URL(url)
  const [route = '', routeQuery = ''] = ROUTE.test(hash) ? hash.split('?', 2) : []
  const query = [search.slice(1), routeQuery].filter(Boolean).join('&')
  return { origin, path: pathname + route, query: withoutSecrets(query) }
}

/** A referrer without user info, fragment and secrets; empty when it is no http(s) URL. */
export function cleanReferrer(referrer: string | undefined): string {
  if (!referrer || !/^https?:/i.test(referrer)) return ''
  try {
    const { origin, path, query } = splitUrl(referrer)
    return origin + path + (query && `?${query}`)
  } catch {
    return ''
  }
}

function withoutSecrets(query: string): string {
  return query
    .split('&')
    .map((pair) => {
      const [key = ''] = pair.split('=', 1)
      return SECRET_KEY.test(key) ? `${key}=` : pair
    })
    .join('&')
}
