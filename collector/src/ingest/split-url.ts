// Values of these query keys open accounts or name people. The key stays, so that pages can be told apart.
const SECRET_KEY = /^(.*[_-])?(access_?token|api_?key|auth|code|e?mail|jwt|key|pass(word|wd)?|pwd|secret|session(_?id)?|sig(nature)?|state|ticket|token)$/i

export interface PageAddress {
  origin: string
  path: string
  /** Without the `?`, secrets removed. */
  query: string
}

/** Splits the URL of a page. User info and fragment are dropped, and values of query keys that hold secrets. */
export function splitUrl(url: string): PageAddress {
  const { origin, pathname, search } = new URL(url)
  return { origin, path: pathname, query: search ? withoutSecrets(search.slice(1)) : '' }
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
