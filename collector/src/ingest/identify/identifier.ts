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
  /** The visitor and session of an event that was taken at `now` (ms since the epoch). At once, unless a salt must be read. */
  identify(event: ValidEvent, sender: Sender): Ids | Promise<Ids>
  /** The visitor whom a sign of life is of. */
  visitorOf(heartbeat: Heartbeat, siteId: string): string
}

interface Sender {
  siteId: string
  /** Address of the visitor; undefined where nobody knows it. */
  ip: string | undefined
  now: number
}

/** With ids of 40 characters about 40 MB. */
export const MAX_SESSIONS = 100_000
// 162 bits of the HMAC.
const VISITOR_ID_LENGTH = 27

/**
 * Gives every event its visitor and session.
 *
 * Ids that the sender gives are kept. A cookieless event has none that lasts: its visitor is an HMAC of site,
 * cut address and user agent under a random salt of the day, which is deleted after 48 hours, and its session is
 * the one that visitor had within the last 30 minutes. Neither address nor user agent is stored.
 *
 * `recent` holds the sessions of before a restart, oldest first.
 */
export function createIdentifier({
  salts,
  recent = [],
}: {
  salts: Pick<SaltRotation, 'at'>
  recent?: CookielessSession[]
}): Identifier {
  const sessions = createBoundedMap<string, { sessionId: string; seen: number }>(MAX_SESSIONS)
  // Heartbeats know the session of their page load, which is not the one that its visitor continues.
  const visitors = createBoundedMap<string, string>(MAX_SESSIONS)
  for (const { visitorId, sessionId, seen } of recent) sessions.set(visitorId, { sessionId, seen })

  function identifyCookieless(
    { user_agent, session_id }: ValidEvent,
    { siteId, ip, now }: Sender & { ip: string },
    { current, previous }: DaySalts,
  ): Ids {
    const subject = JSON.stringify([siteId, networkOf(ip), user_agent])
    const visitorId = hash(subject, current)
    let known = sessions.get(visitorId)
    // Since midnight the visitor has another id: whoever is new under this salt may go on with a session of yesterday.
    if (!known && previous && now % DAY_MS < SESSION_TIMEOUT_MS) known = sessions.get(hash(subject, previous))
    const sessionId = known && now - known.seen < SESSION_TIMEOUT_MS ? known.sessionId : session_id
    sessions.set(visitorId, { sessionId, seen: now })
    visitors.set(`${siteId} ${session_id}`, visitorId)
    return { visitorId, sessionId }
  }

  return {
    identify(event, sender) {
      // A server that knows no visitor: its session is all there is.
      if (!event.cookieless)
        return { visitorId: event.visitor_id ?? anonymous(event.session_id), sessionId: event.session_id }
      const { siteId, ip, now } = sender
      // Derived without an address, all visitors with the same browser would be one.
      if (ip === undefined) return { visitorId: anonymous(event.session_id), sessionId: event.session_id }
      const visitor = { siteId, ip, now }
      const today = salts.at(now)
      return today instanceof Promise
        ? today.then((loaded) => identifyCookieless(event, visitor, loaded))
        : identifyCookieless(event, visitor, today)
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
