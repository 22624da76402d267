import { isTrackingCode, validateHeartbeat, type IngestAnswer } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'
import type { Connection, GeoProvider } from '../geo/geo-provider.js'
import type { Site } from '../stores/control-store.js'
import type { HeartbeatRow } from '../stores/event-row.js'
import { isAllowedOrigin } from './admit.js'
import { answerEvents } from './answer-events.js'
import { clientOf } from './client-address.js'
import type { GroupCommit } from './create-group-commit.js'
import type { TakeEvent } from './create-event-taker.js'
import type { Identifier } from './create-identifier.js'
import type { RateLimiter } from './create-rate-limiter.js'
import { decodeEvents, decodeJson, type Decoded } from './decode.js'
import { outcomeOf, type Tally } from './outcomes.js'

/** A request of the public endpoint, without its transport. */
export interface IngestRequest extends Connection {
  /** The tracking code of its path. */
  code: string
  body: string
  origin: string | undefined
  /** What the browser asks for; empty when it does not. */
  language: string
}

/** Both throw an {@link ApiError} unless what they took is on disk; whoever calls has counted one as received. */
export interface Ingest {
  /** Resolves when every valid event of the body is on disk. */
  takeEvents(request: IngestRequest): Promise<IngestAnswer>
  /** Extends the liveness of a visitor. */
  takeHeartbeat(request: IngestRequest): Promise<IngestAnswer>
}

export interface IngestServices {
  findSite: (code: string) => Promise<Site | undefined>
  /** Heartbeats have limits of their own: a page that stays open must not use up those of its events. */
  limiters: { events: RateLimiter; heartbeats: RateLimiter }
  take: TakeEvent
  identifier: Pick<Identifier, 'visitorOf'>
  geo: GeoProvider
  heartbeats: GroupCommit<HeartbeatRow>
  tallies: { events: Tally; heartbeats: Tally }
  now: () => number
}

/** The stages of ingest in their order: decode → admit → validate → identify → enrich → commit. An event ends in exactly one outcome. */
export function createIngest({
  findSite,
  limiters,
  take,
  identifier,
  geo,
  heartbeats,
  tallies,
  now,
}: IngestServices): Ingest {
  return {
    async takeEvents(request) {
      const { events, isBatch, site } = await open(request)
      const sender = { site, ip: request.ip, country: geo.countryOf(request), language: request.language }
      const endings =
        events.length === 1
          ? [await take(events[0], sender)]
          : await Promise.all(events.map((body) => take(body, sender)))
      for (const { outcome } of endings) tallies.events.end(outcome)
      return answerEvents(endings, { isBatch, now: now() })
    },

    async takeHeartbeat(request) {
      try {
        limit(limiters.heartbeats, request, 1)
        const site = await admit(request)
        const result = validateHeartbeat(decodeJson(request.body))
        if (!result.ok) throw new ApiError('VALIDATION_ERROR', { details: result.faults })
        await heartbeats.add({
          site_id: site.id,
          received_at: now(),
          visitor_id: identifier.visitorOf(result.heartbeat, site.id),
        })
        tallies.heartbeats.end('stored')
        return { success: true }
      } catch (error) {
        tallies.heartbeats.end(outcomeOf(error))
        throw error
      }
    },
  }

  /** decode and admit: what they refuse is the outcome of all events of the body. */
  async function open(request: IngestRequest): Promise<Decoded & { site: Site }> {
    let count = 1
    try {
      const decoded = decode(request)
      count = decoded.events.length
      tallies.events.receive(count - 1)
      limit(limiters.events, request, count)
      return { ...decoded, site: await admit(request) }
    } catch (error) {
      tallies.events.end(outcomeOf(error), count)
      throw error
    }
  }

  function decode(request: IngestRequest): Decoded {
    try {
      return decodeEvents(request.body)
    } catch (error) {
      // What cannot be read counts against the limits, too.
      limit(limiters.events, request, 1)
      throw error
    }
  }

  function limit(limiter: RateLimiter, { ip }: IngestRequest, cost: number): void {
    const retryAfterS = limiter.take(clientOf(ip), cost)
    if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
  }

  async function admit({ code, origin }: IngestRequest): Promise<Site> {
    const site = isTrackingCode(code) ? await findSite(code) : undefined
    if (!site) throw new ApiError('UNKNOWN_TRACKING_CODE')
    if (!isAllowedOrigin(origin, site)) throw new ApiError('ORIGIN_NOT_ALLOWED')
    return site
  }
}
