import { isIP } from 'node:net'
import { memoize } from '../../cache.js'

/**
 * The parts of a URL after user info and secrets are removed. The fragment is also removed unless it is a
 * route.
 */
interface PageUrl {
  origin: string
  /** The path, including the route of a hash-routed application, such as `/app#/cart`. */
  path: string
  /** The query string without the `?`. */
  query: string
}

// Only fragments that start with `#/` or `#!` are routes. Other fragments are anchors, or they contain login
// tokens.
const ROUTE = /^#[/!]/

// Results are cached, because most visits are to a few pages and URL parsing is slow. The cache takes at most
// 20 MB if all URLs have the maximum length.
const MAX_PAGES = 1_000
// A small cache suffices, because few referrers account for most visits.
const MAX_REFERRERS = 1_000

/**
 * Splits the URL of a page and removes its user info, personal data and secrets. The fragment is removed
 * unless it is a route.
 */
export const splitUrl = memoize(parseUrl, MAX_PAGES)

function parseUrl(url: string): Readonly<PageUrl> {
  const { origin, pathname, search, hash } = new URL(url)
  const [route = '', routeQuery = ''] = ROUTE.test(hash) ? hash.split('?', 2) : []
  const query = [search.slice(1), routeQuery].filter(Boolean).join('&')
  return { origin, path: cleanPath(pathname + route), query: removeSecretValues(query) }
}

// A URL without a path, to which `URL` adds a slash.
const WITHOUT_PATH = /^https?:\/\/[^/\\?#]+(?:[?#]|$)/i

/**
 * Returns a referrer without its user info and secrets, and otherwise as the browser reported it: no slash is added. The fragment is removed unless it is a route. Returns
 * an empty string if the referrer is not an HTTP or HTTPS URL.
 */
export function cleanReferrer(referrer: string | undefined): string {
  return referrer && /^https?:/i.test(referrer) ? cleanUrl(referrer) : ''
}

const cleanUrl = memoize((referrer) => {
  try {
    const { origin, path, query } = parseUrl(referrer)
    return origin + (path === '/' && WITHOUT_PATH.test(referrer) ? '' : path) + (query && `?${query}`)
  } catch {
    return ''
  }
}, MAX_REFERRERS)

// Query keys of secrets and personal data. A key is secret if its last word, or its last two words joined, is
// in this list.
const SECRET_WORDS = new Set(
  (
    'auth authorization bearer card cardnumber cc code cvc cvv email emailaddress hash iban invite ip ipaddress jsessionid jwt key mail newpassword newpwd nonce otp pass passcode passphrase passwd password passwort ' +
    'phone phpsessid pin pw pwd secret session sessionid sid sig signature ssn state tel telephone ticket token username apikey accesstoken authtoken refreshtoken idtoken'
  ).split(' '),
)
const MAX_KEYS = 5_000

// Bounded quantifiers let these expressions run in linear time. An `@` may be percent-encoded several times.
// Letters beyond ASCII are percent-encoded in URLs.
const EMAIL =
  /(?:[\p{L}\p{M}\p{N}_.+-]|%[89a-f][\da-f]){1,64}(?:@|%(?:25){0,3}40)(?:(?:[\p{L}\p{M}\p{N}-]|%[89a-f][\da-f]){1,63}\.){1,5}(?:[\p{L}\p{M}]|%[89a-f][\da-f]){2,24}/giu
const JSON_WEB_TOKEN = /\beyJ[\w-]{5,2048}\.[\w-]{2,2048}(?:\.[\w-]{0,2048})?/g
const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}\]?)$/i
// Random texts: hexadecimal digits, or upper and lower case letters with digits. Words are not, nor are UUIDs, which
// name pages in many applications.
const TOKEN = /^(?:[\da-f]{32,}|(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w-]{24,})$/
const CARD_NUMBER = /^\d(?:[ -]?\d){12,18}$/
// Matches key=value pairs within a value that is itself a URL or a query string.
const INNER_PAIR = /[?&;#]([^?&;#=]{1,64})=[^&;#]/g

/**
 * Checks whether a query key names a secret. `token`, `resetToken`, `reset-token`, `user[email]` and
 * `%74oken` are secret keys, but `monkey` is not.
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
 * Removes the values of secret keys, and values that look like secrets, from a query string. The keys are
 * kept, so that different pages remain distinct.
 */
export function removeSecretValues(query: string): string {
  return query && query.replace(/[^&;]+/g, cleanPair)
}

function cleanPair(pair: string): string {
  const equals = pair.indexOf('=')
  // A parameter without `=` is treated as a value without a key.
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

/** Replaces email addresses in a text with `[email]` and JSON Web Tokens with `[token]`. */
export function hidePersonalData(text: string): string {
  let hidden = text
  if (hidden.includes('@') || hidden.includes('40')) hidden = hidden.replace(EMAIL, '[email]')
  if (hidden.includes('eyJ')) hidden = hidden.replace(JSON_WEB_TOKEN, '[token]')
  return hidden
}

/**
 * Applies {@link hidePersonalData} to a path. Also replaces segments that are a random text, a card number or an IP
 * address, and removes the values of secret path parameters, such as `;jsessionid=1`.
 */
export function cleanPath(path: string): string {
  const hidden = hidePersonalData(path).split('/').map(cleanSegment).join('/')
  return hidden.includes(';')
    ? hidden.replace(/;([^;=/]+)=[^;/]*/g, (pair, key: string) => (isSecretKey(key) ? `;${key}=` : pair))
    : hidden
}

// The shortest card number has 13 digits, the shortest IPv4 address 7 characters, and an IPv6 address two colons.
const MIN_SECRET_SEGMENT = 7

function cleanSegment(segment: string): string {
  if (segment.length < MIN_SECRET_SEGMENT) return segment
  const text = unescape(segment)
  if (TOKEN.test(text)) return '[token]'
  if (isIP(text) !== 0) return '[ip]'
  return CARD_NUMBER.test(text) && hasCheckDigit(text) ? '[card]' : segment
}

/** Checks the last digit of a card number with the Luhn algorithm (ISO/IEC 7812-1). */
function hasCheckDigit(number: string): boolean {
  const digits = number.replaceAll(/\D/g, '')
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
