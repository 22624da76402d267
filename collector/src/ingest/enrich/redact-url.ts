import { memoize } from '../../cache.js'

/** A URL without user info, fragment and secrets. */
interface PageUrl {
  origin: string
  /** Includes the route of a hash-routed application, such as `/app#/cart`. */
  path: string
  /** The query without `?`. */
  query: string
}

// Only `#/…` and `#!…` are routes; other fragments are anchors, or tokens of a login.
const ROUTE = /^#[/!]/

// Few pages get most visits, and parsing the URL is the slowest part of building a row. The cache takes at
// most 20 MB, with URLs of maximum length.
const MAX_PAGES = 1_000
// A small cache suffices: few referrers account for most visits.
const MAX_REFERRERS = 1_000

/**
 * Splits the URL of a page and removes user info, fragment (unless it is a route), personal data and secrets.
 */
export const splitUrl = memoize(parseUrl, MAX_PAGES)

function parseUrl(url: string): Readonly<PageUrl> {
  const { origin, pathname, search, hash } = new URL(url)
  const [route = '', routeQuery = ''] = ROUTE.test(hash) ? hash.split('?', 2) : []
  const query = [search.slice(1), routeQuery].filter(Boolean).join('&')
  return { origin, path: cleanPath(pathname + route), query: removeSecretValues(query) }
}

/** A referrer without user info, fragment and secrets; empty unless it is an http(s) URL. */
export function cleanReferrer(referrer: string | undefined): string {
  return referrer && /^https?:/i.test(referrer) ? cleanUrl(referrer) : ''
}

const cleanUrl = memoize((referrer) => {
  try {
    const { origin, path, query } = parseUrl(referrer)
    return origin + path + (query && `?${query}`)
  } catch {
    return ''
  }
}, MAX_REFERRERS)

// Query keys of secrets and personal data, matched with the last word of a key or the last two joined.
const SECRET_WORDS = new Set(
  (
    'auth authorization bearer card cardnumber cc code cvc cvv email emailaddress iban ip ipaddress jsessionid jwt key mail nonce otp pass passcode passphrase passwd password ' +
    'phone phpsessid pin pwd secret session sessionid sid sig signature ssn state telephone ticket token apikey accesstoken authtoken refreshtoken idtoken'
  ).split(' '),
)
const MAX_KEYS = 5_000

// Bounded quantifiers keep these expressions linear. `@` may be escaped several times.
const EMAIL = /[\w.+-]{1,64}(?:@|%(?:25){0,3}40)(?:[a-z\d-]{1,63}\.){1,5}[a-z]{2,24}/gi
const JSON_WEB_TOKEN = /\beyJ[\w-]{5,2048}\.[\w-]{2,2048}(?:\.[\w-]{0,2048})?/g
const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}\]?)$/i
// Matches key=value pairs within a value that is itself a URL or a query.
const INNER_PAIR = /[?&;#]([^?&;#=]{1,64})=[^&;#]/g

/**
 * Whether a query key names a secret. `resetToken`, `reset-token`, `user[email]` and `%74oken` do like
 * `token`; `monkey` does not.
 */
const isSecretKey = memoize(endsWithSecretWord, MAX_KEYS)

function endsWithSecretWord(key: string): boolean {
  const words = unescape(key)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean)
  return SECRET_WORDS.has(words.at(-1) ?? '') || SECRET_WORDS.has(words.slice(-2).join(''))
}

/**
 * A query without the values of secret keys and values that look like secrets. The keys stay, to keep pages
 * distinct.
 */
export function removeSecretValues(query: string): string {
  return query && query.replace(/[^&;]+/g, cleanPair)
}

function cleanPair(pair: string): string {
  const equals = pair.indexOf('=')
  // A parameter without `=` is treated as a value.
  if (equals < 0) return isSecretValue(pair) ? '' : pair
  const key = pair.slice(0, equals)
  return isSecretKey(key) || isSecretValue(pair.slice(equals + 1)) ? `${hidePersonalData(key)}=` : pair
}

function isSecretValue(value: string): boolean {
  if (value === '') return false
  const text = unescape(value)
  if (IP_ADDRESS.test(text) || hidePersonalData(value) !== value || hidePersonalData(text) !== text)
    return true
  for (const [, key] of text.matchAll(INNER_PAIR)) if (isSecretKey(key!)) return true
  return false
}

/** A text with email addresses replaced by `[email]` and JSON Web Tokens by `[token]`. */
export function hidePersonalData(text: string): string {
  let hidden = text
  if (hidden.includes('@') || hidden.includes('40')) hidden = hidden.replace(EMAIL, '[email]')
  if (hidden.includes('eyJ')) hidden = hidden.replace(JSON_WEB_TOKEN, '[token]')
  return hidden
}

/** A path after {@link hidePersonalData}, without the values of secret parameters such as `;jsessionid=1`. */
export function cleanPath(path: string): string {
  const hidden = hidePersonalData(path)
  return hidden.includes(';')
    ? hidden.replace(/;([^;=/]+)=[^;/]*/g, (pair, key: string) => (isSecretKey(key) ? `;${key}=` : pair))
    : hidden
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
