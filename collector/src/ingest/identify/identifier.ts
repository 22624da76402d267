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
  /** Visitor and session of an event; synchronous unless a salt must be loaded. */
  identify(event: ValidEvent, context: IdentifyContext): Ids | Promise<Ids>
  /** The visitor ID of a heartbeat. */
  visitorOf(heartbeat: Heartbeat, siteId: string): string
}

interface IdentifyContext {
  siteId: string
  /** Address of the visitor; undefined when a server sent the event. */
  ip: string | undefined
  /** Time of receipt, ms since the epoch. */
  now: number
}

/** Maximum number of sessions in memory: about 40 MB with ids of 40 characters. */
export const MAX_SESSIONS = 100_000
// The ID holds 162 bits of the HMAC.
const VISITOR_ID_LENGTH = 27

/**
 * Assigns visitor and session to events.
 *
 * IDs from the sender are kept. The visitor of a cookieless event is an HMAC of site, truncated address and
 * user agent with a random daily salt, which is deleted after 48 hours. Its session continues the visitor's
 * last one for 30 minutes. Neither address nor user agent is stored.
 *
 * `recent` are sessions from before a restart, oldest first.
 */
export function createIdentifier({
  salts,
  recent = [],
}: {
  salts: Pick<SaltRotation, 'at'>
  recent?: CookielessSession[]
}): Identifier {
  const sessions = createBoundedMap<string, { sessionId: string; seen: number }>(MAX_SESSIONS)
  // A heartbeat carries the session ID of its page load, which differs from the session the visitor
  // continues.
  const visitors = createBoundedMap<string, string>(MAX_SESSIONS)
  for (const { visitorId, sessionId, seen } of recent) sessions.set(visitorId, { sessionId, seen })

  function identifyCookieless(
    { user_agent, session_id }: ValidEvent,
    { siteId, ip, now }: IdentifyContext & { ip: string },
    { current, previous }: DaySalts,
  ): Ids {
    const subject = JSON.stringify([siteId, networkOf(ip), user_agent])
    const visitorId = hash(subject, current)
    let known = sessions.get(visitorId)
    // The salt changes at midnight: a visitor unknown under the new one may continue a session of yesterday.
    if (!known && previous && now % DAY_MS < SESSION_TIMEOUT_MS) known = sessions.get(hash(subject, previous))
    const sessionId = known && now - known.seen < SESSION_TIMEOUT_MS ? known.sessionId : session_id
    sessions.set(visitorId, { sessionId, seen: now })
    visitors.set(`${siteId} ${session_id}`, visitorId)
    return { visitorId, sessionId }
  }

  return {
    identify(event, { siteId, ip, now }) {
      // Server events may have no visitor id, so one is derived from the session id.
      if (!event.cookieless)
        return { visitorId: event.visitor_id ?? anonymous(event.session_id), sessionId: event.session_id }
      // Without an address, all visitors with the same browser would become one.
      if (ip === undefined) return { visitorId: anonymous(event.session_id), sessionId: event.session_id }
      const context = { siteId, ip, now }
      const today = salts.at(now)
      return today instanceof Promise
        ? today.then((loaded) => identifyCookieless(event, context, loaded))
        : identifyCookieless(event, context, today)
    },
    visitorOf: ({ visitor_id, session_id }, siteId) =>
      visitors.get(`${siteId} ${session_id}`) ?? visitor_id ?? anonymous(session_id),
  }
}

function hash(subject: string, salt: Buffer): string {
  return createHmac('sha256', salt).update(subject).digest('base64url').slice(0, VISITOR_ID_LENGTH)
}

function anonymous(sessionId: string): string {
  return `s_${sessionId}`
}
