import { memoize } from '../../cache.js'

interface PageAddress {
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
export const splitUrl = memoize(readAddress, MAX_PAGES)

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
const cleanUrl = memoize((referrer) => {
  try {
    const { origin, path, query } = readAddress(referrer)
    return origin + path + (query && `?${query}`)
  } catch {
    return ''
  }
}, MAX_REFERRERS)

// The last word of a query key, or the last two together, that open accounts or name people.
const SECRET_WORDS = new Set(
  (
    'auth authorization bearer card cardnumber cc code cvc cvv email emailaddress iban ip ipaddress jsessionid jwt key mail nonce otp pass passcode passphrase passwd password ' +
    'phone phpsessid pin pwd secret session sessionid sid sig signature ssn state telephone ticket token apikey accesstoken authtoken refreshtoken idtoken'
  ).split(' '),
)
const MAX_KEYS = 5_000

// Bounded, so that no text makes them slow. `@` may be escaped, more than once.
const EMAIL = /[\w.+-]{1,64}(?:@|%(?:25){0,3}40)(?:[a-z\d-]{1,63}\.){1,5}[a-z]{2,24}/gi
const JSON_WEB_TOKEN = /\beyJ[\w-]{5,2048}\.[\w-]{2,2048}(?:\.[\w-]{0,2048})?/g
const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}\]?)$/i
// A value that is a URL or a query itself.
const INNER_PAIR = /[?&;#]([^?&;#=]{1,64})=[^&;#]/g

const isSecretKey = memoize(judgeKey, MAX_KEYS)

/** `resetToken`, `reset-token`, `user[email]` and `%74oken` are as secret as `token`; `monkey` is not. */
function judgeKey(key: string): boolean {
  const words = unescape(key)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean)
  return SECRET_WORDS.has(words.at(-1) ?? '') || SECRET_WORDS.has(words.slice(-2).join(''))
}

/** A query without the values of secret keys, and without values that are secrets by their look. The keys stay, so that pages can be told apart. */
export function removeSecretValues(query: string): string {
  return query && query.replace(/[^&;]+/g, cleanPair)
}

function cleanPair(pair: string): string {
  const equals = pair.indexOf('=')
  // A lone word is a value, too.
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

/** A text with `[email]` and `[token]` in place of e-mail addresses and JSON Web Tokens. */
export function hidePersonalData(text: string): string {
  let hidden = text
  if (hidden.includes('@') || hidden.includes('40')) hidden = hidden.replace(EMAIL, '[email]')
  if (hidden.includes('eyJ')) hidden = hidden.replace(JSON_WEB_TOKEN, '[token]')
  return hidden
}

/** A path as {@link hidePersonalData} leaves it, without the values of secret parameters such as `;jsessionid=1`. */
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
