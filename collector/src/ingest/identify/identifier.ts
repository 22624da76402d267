import { createHmac } from 'node:crypto'
import { type Heartbeat, SESSION_TIMEOUT_MS, type ValidEvent } from '@zenovay/tracker/contract'
import { createBoundedMap } from '../../cache.js'
import { DAY_MS } from '../../durations.js'
import { networkOf } from '../../http/client-address.js'
import type { CookielessSession } from '../event-store.js'
import type { DaySalts, SaltRotation } from './salts.js'

export interface Ids {
  visitorId: string
  sessionId: string
}

export interface Identifier {
  /**
   * Returns the visitor ID and session ID of an event, or a promise of them if a salt must be loaded first.
   */
  identify(event: ValidEvent, context: IdentifyContext): Ids | Promise<Ids>
  /** Returns the visitor ID of a heartbeat. */
  visitorOf(heartbeat: Heartbeat, siteId: string): string
}

interface IdentifyContext {
  siteId: string
  /** IP address of the visitor, or undefined if a server sent the event. */
  ip: string | undefined
  /** Time when the event was received. Unix time in milliseconds. */
  now: number
}

/** Maximum number of sessions in memory. They take about 40 MB if each ID has 40 characters. */
export const MAX_SESSIONS = 100_000
// 27 characters of base64url contain 162 bits of the HMAC.
const VISITOR_ID_LENGTH = 27

/**
 * Creates an identifier, which assigns a visitor ID and a session ID to each event.
 *
 * IDs from the sender are kept. The visitor ID of a cookieless event is an HMAC of the site, the truncated IP
 * address and the user agent. Its key is a random daily salt that is deleted 48 hours after the start of its
 * day. Neither the IP address nor the user agent is stored.
 *
 * A cookieless event continues the visitor's last session if an event of that session happened within 30 minutes. `recent` contains sessions from before a restart, from oldest to newest.
 */
export function createIdentifier({
  salts,
  recent = [],
}: {
  salts: Pick<SaltRotation, 'at'>
  recent?: CookielessSession[]
}): Identifier {
  const sessions = createBoundedMap<string, { sessionId: string; seen: number }>(MAX_SESSIONS)
  // Stored IDs, keyed by the session ID that the page sends. A heartbeat contains only this session ID,
  // which differs from the stored one if the visitor continues an earlier session.
  const pages = createBoundedMap<string, Ids>(MAX_SESSIONS)
  for (const { visitorId, sessionId, seen } of recent) sessions.set(visitorId, { sessionId, seen })

  function identifyCookieless(
    event: ValidEvent,
    { siteId, ip, now }: IdentifyContext & { ip: string },
    { current, previous }: DaySalts,
  ): Ids {
    const { user_agent, session_id, age_ms = 0 } = event
    // An event that waited belongs to the visitor and the session of the time when it happened.
    const at = now - age_ms
    const pageKey = `${siteId} ${session_id}`
    const page = pages.get(pageKey)
    // A page may be left hours after it was counted. What was measured on it belongs to its session, which has ended.
    if (page && isMeasurement(event)) {
      const session = sessions.get(page.visitorId)
      if (session?.sessionId === page.sessionId && at - session.seen < SESSION_TIMEOUT_MS)
        session.seen = Math.max(at, session.seen)
      return page
    }
    const daysAgo = Math.floor(now / DAY_MS) - Math.floor(at / DAY_MS)
    const salt = [current, previous][daysAgo]
    // The salts of earlier days are deleted, and with them whatever connects the visits of a visitor.
    if (!salt) return { visitorId: anonymous(session_id), sessionId: session_id }
    const subject = JSON.stringify([siteId, networkOf(ip), user_agent])
    const visitorId = hash(subject, salt)
    let known = sessions.get(visitorId)
    // The salt changes at midnight UTC. A visitor that is unknown under the new salt may continue a session
    // that began under yesterday's salt.
    if (!known && daysAgo === 0 && previous && at % DAY_MS < SESSION_TIMEOUT_MS)
      known = sessions.get(hash(subject, previous))
    const isContinued = known !== undefined && Math.abs(at - known.seen) < SESSION_TIMEOUT_MS
    const sessionId = isContinued ? known!.sessionId : session_id
    if (isContinued || !known || at > known.seen)
      sessions.set(visitorId, { sessionId, seen: isContinued ? Math.max(at, known!.seen) : at })
    const ids = { visitorId, sessionId }
    pages.set(pageKey, ids)
    return ids
  }

  return {
    identify(event, { siteId, ip, now }) {
      // Events from servers may lack a visitor ID, so the visitor ID is derived from the session ID.
      if (!event.cookieless)
        return { visitorId: event.visitor_id ?? anonymous(event.session_id), sessionId: event.session_id }
      // Without an IP address, all visitors with the same user agent would share one visitor ID.
      if (ip === undefined) return { visitorId: anonymous(event.session_id), sessionId: event.session_id }
      const context = { siteId, ip, now }
      const today = salts.at(now)
      return today instanceof Promise
        ? today.then((loaded) => identifyCookieless(event, context, loaded))
        : identifyCookieless(event, context, today)
    },
    visitorOf: ({ visitor_id, session_id }, siteId) =>
      pages.get(`${siteId} ${session_id}`)?.visitorId ?? visitor_id ?? anonymous(session_id),
  }
}

/** Whether the tracker measured the event on a page, as `role` of the store. It is not an event of a visit. */
function isMeasurement({ event_type, properties }: ValidEvent): boolean {
  const mark = { engagement: 'engaged_ms', performance: 'nav', error: 'handled' }[event_type as string]
  return mark !== undefined && Object.hasOwn(properties ?? {}, mark)
}

function hash(subject: string, salt: Buffer): string {
  return createHmac('sha256', salt).update(subject).digest('base64url').slice(0, VISITOR_ID_LENGTH)
}

function anonymous(sessionId: string): string {
  return `s_${sessionId}`
}
