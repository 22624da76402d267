import { MAX_ID_LENGTH, MIN_ID_LENGTH, SESSION_TIMEOUT_MS } from '../contract/limits.js'
import { readHeader, type RequestHeaders } from './read-header.js'

/** Who made a request, to be spread into a server event. */
export interface RequestIdentity {
  /** The session that the browser is in. If it has none, or it has ended, a new ID. */
  sessionId: string
  visitorId?: string
  userId?: string
  /** Set if the visitor is counted without IDs only. */
  cookieless?: true
}

export interface IdentityOptions {
  /** The option `data-consent` of the script on the pages. @default consent is not needed */
  consent?: 'required' | 'wait' | undefined
  /** Unix time in milliseconds. @default Date.now */
  now?: (() => number) | undefined
}

/**
 * Reads who made a request from the tracker's own cookie, so that an event of the server joins the visit of the browser and
 * keeps its source. The cookie exists with `data-cookie-domain`; without it, put `getVisitorId()` into a hidden field.
 *
 * Does what the tracker would do in the browser: returns IDs of this request alone, with `cookieless`, for a visitor who sends
 * Global Privacy Control or Do Not Track, or has denied or not yet given the consent that is needed; and `undefined` for one
 * who opted out, or has not given the consent to wait for. Send nothing then.
 *
 * @example
 * import { createServerTracker, identityFromRequest } from '@zenovay/tracker/server'
 * const analytics = createServerTracker({ trackingCode: 'ZV_XXXXXXXXXXX', apiUrl: 'https://collector.example' })
 * export async function POST(request: Request): Promise<Response> {
 *   const identity = identityFromRequest(request)
 *   if (identity) void analytics.revenue(99.99, 'EUR', { url: 'https://example.com/checkout', ...identity })
 *   return new Response(null, { status: 204 })
 * }
 */
export function identityFromRequest(
  { headers }: { headers: RequestHeaders },
  { consent, now = Date.now }: IdentityOptions = {},
): RequestIdentity | undefined {
  const [choice, optedOut, seenAt, visitor, session, user] = readState(readHeader(headers, 'cookie') ?? '')
  const lacksConsent = choice ? choice !== 'granted' : consent !== undefined
  if (optedOut || (lacksConsent && consent === 'wait')) return undefined
  const isRefused =
    readHeader(headers, 'sec-gpc') === '1' || readHeader(headers, 'dnt') === '1' || lacksConsent
  if (isRefused) return { sessionId: crypto.randomUUID(), cookieless: true }
  const isOpen = isId(session) && now() - Number(seenAt) < SESSION_TIMEOUT_MS
  return {
    sessionId: isOpen ? session : crypto.randomUUID(),
    ...(isId(visitor) && { visitorId: visitor }),
    ...(user && user.length <= MAX_ID_LENGTH && { userId: user }),
  }
}

/** The values of the cookie: consent, opt-out, time of the last event, visitor, session and user. */
function readState(cookies: string): string[] {
  const text = /(?:^|; ?)zenovay=([^;]*)/.exec(cookies)?.[1] ?? ''
  // Browsers send UTF-8, of which each byte is a character of the header.
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
  return new TextDecoder().decode(bytes).split(',')
}

const isId = (text: string | undefined): text is string =>
  text !== undefined && text.length >= MIN_ID_LENGTH && text.length <= MAX_ID_LENGTH
