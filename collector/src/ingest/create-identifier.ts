import { createHmac } from 'node:crypto'
import { SESSION_TIMEOUT_MS, type ValidEvent } from '@zenovay/tracker/contract'
import type { ControlStore } from '../stores/control-store.js'
import { networkOf } from './client-address.js'

export interface Ids {
  visitorId: string
  sessionId: string
}

export interface Identifier {
  /** The visitor and session of an event that came from `ip` at `now` (ms since the epoch). At once, unless a salt must be read. */
  identify(event: ValidEvent, sender: { siteId: string; ip: string; now: number }): Ids | Promise<Ids>
}

const DAY_MS = 24 * 60 * 60 * 1000
const SALT_LIFETIME_MS = 48 * 60 * 60 * 1000
const MAX_SESSIONS = 100_000
// 162 bits of the HMAC.
const VISITOR_ID_LENGTH = 27

/**
 * Gives every event its visitor and session.
 *
 * Ids that the sender gives are kept. A cookieless event has none that lasts: its visitor is an HMAC of site,
 * cut address and user agent under a random salt of the day, which is deleted after 48 hours, and its session is
 * the one that visitor had within the last 30 minutes. Neither address nor user agent is stored.
 */
export function createIdentifier(control: ControlStore): Identifier {
  const sessions = new Map<string, { sessionId: string; seen: number }>()
  let current: { day: string; salt: Promise<Buffer> } | undefined

  function saltOf(now: number): Promise<Buffer> {
    const day = dayOf(now)
    if (current?.day !== day) {
      const salt = control.saltOf(day, dayOf(now - SALT_LIFETIME_MS + DAY_MS))
      current = { day, salt }
      salt.catch(() => (current = undefined))
    }
    return current.salt
  }

  function sessionOf(visitorId: string, proposed: string, now: number): string {
    const known = sessions.get(visitorId)
    const sessionId = known && now - known.seen < SESSION_TIMEOUT_MS ? known.sessionId : proposed
    sessions.delete(visitorId)
    sessions.set(visitorId, { sessionId, seen: now })
    if (sessions.size > MAX_SESSIONS) sessions.delete(sessions.keys().next().value!)
    return sessionId
  }

  return {
    identify(event, { siteId, ip, now }) {
      // A server that knows no visitor: its session is all there is.
      if (!event.cookieless) return { visitorId: event.visitor_id ?? `s_${event.session_id}`, sessionId: event.session_id }
      return saltOf(now).then((salt) => {
        const visitorId = createHmac('sha256', salt).update(JSON.stringify([siteId, networkOf(ip), event.user_agent])).digest('base64url').slice(0, VISITOR_ID_LENGTH)
        return { visitorId, sessionId: sessionOf(visitorId, event.session_id, now) }
      })
    },
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
