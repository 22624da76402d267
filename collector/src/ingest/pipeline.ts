import {
  createWireError,
  type IngestAnswer,
  isTrackingCode,
  validateEvent,
  validateHeartbeat,
  type ValidEvent,
} from '@zenovay/tracker/contract'
import type { Site } from '../control/sites.js'
import { ApiError } from '../errors.js'
import { clientOf } from '../http/client-address.js'
import { type Decoded, parseEvents, decodeJson } from '../http/json-body.js'
import type { RateLimiter } from '../http/rate-limit/rate-limiter.js'
import { isAllowedOrigin } from './admit/allowed-origin.js'
import { isBotAgent } from './admit/bots.js'
import type { CommitOutcome, EventCommit } from './commit/event-commit.js'
import type { GroupCommit } from './commit/group-commit.js'
import type { Connection, GeoProvider } from './enrich/geo.js'
import { toEventRow } from './enrich/to-event-row.js'
import type { HeartbeatRow } from './event-row.js'
import type { Identifier, Ids } from './identify/identifier.js'
import { type Outcome, outcomeOf, type Tally } from './outcomes.js'

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
      return parseEvents(request.body)
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

/** Whom an event is of, as far as its request tells. */
interface Sender {
  site: Site
  /** Address of the visitor; undefined where the request came from a server in between. */
  ip: string | undefined
  /** As a `GeoProvider` gives it. */
  country: string
  /** What the browser asks for; counts when the event names none. */
  language: string
}

export interface EventTakerServices {
  identifier: Identifier
  commit: EventCommit
  now: () => number
}

/** The stages of one event: validate → identify → enrich → commit. Never rejects: what fails is an ending, and leaves the others of its body alone. */
export type TakeEvent = (body: unknown, sender: Sender) => Promise<EventResult>

export function createEventTaker({ identifier, commit, now }: EventTakerServices): TakeEvent {
  return (body, sender) => {
    try {
      const result = validateEvent(body)
      if (!result.ok) throw new ApiError('VALIDATION_ERROR', { details: result.faults })
      if (isBotAgent(result.event.user_agent)) throw new ApiError('BOT_REJECTED')
      return store(result.event, sender).then((outcome) => ({ outcome }), refuse)
    } catch (error) {
      return Promise.resolve(refuse(error))
    }
  }

  // No await where none is needed: this runs for every event, and each await costs as much as validating it.
  function store(sent: ValidEvent, { site, ip, country, language }: Sender): Promise<CommitOutcome> {
    const time = now()
    const event = respectPrivacySignal(sent)
    const write = (ids: Ids) =>
      commit.commit({
        row: toEventRow(event, { site, ids, language, country, now: time }),
        hasOwnId: event.event_id !== undefined,
        retry: event.retry === true,
      })
    const ids = identifier.identify(event, { siteId: site.id, ip, now: time })
    return ids instanceof Promise ? ids.then(write) : write(ids)
  }
}

/** What became of one event; `refusal` unless it is stored, now or before. */
export interface EventResult {
  outcome: Outcome
  refusal?: ApiError
}

/** The ending of an event that was refused, by a rule or by a fault of ours. */
function refuse(error: unknown): EventResult {
  return {
    outcome: outcomeOf(error),
    refusal: error instanceof ApiError ? error : new ApiError('INTERNAL_ERROR', { cause: error }),
  }
}

/**
 * The answer to a body by what became of its events; throws the {@link ApiError} of one that is no success.
 *
 * When one event could not be stored, all are sent again: those that were stored are known by their ids.
 */
function answerEvents(
  endings: EventResult[],
  { isBatch, now }: { isBatch: boolean; now: number },
): IngestAnswer {
  const refused = selectRefused(endings)
  if (refused.length === endings.length) throw isBatch ? refuseAll(refused) : refused[0]!.refusal
  if (!isBatch) return { success: true }
  const rejected = refused.map(({ index, refusal }) => ({
    index,
    error: createWireError(refusal.code, new Date(now), refusal.details),
  }))
  return { success: true, accepted: endings.length - rejected.length, rejected }
}

interface Refused {
  index: number
  refusal: ApiError
}

/** The events that break a rule. Throws the fault of ours that kept one from being stored. */
export function selectRefused(endings: EventResult[]): Refused[] {
  const lost = endings.find(({ outcome }) => outcome === 'shed' || outcome === 'failed')
  if (lost) throw lost.refusal!
  return endings.flatMap(({ refusal }, index) => (refusal ? [{ index, refusal }] : []))
}

/** The refusal of a batch without one valid event: its faults are named by the index of their event, in the array called `list`. */
export function refuseAll(refused: Refused[], list = ''): ApiError {
  const details = refused.flatMap(({ index, refusal }) =>
    refusal.details
      ? refusal.details.map(({ field, reason }) => ({ field: `${list}[${index}].${field}`, reason }))
      : [{ field: `${list}[${index}]`, reason: refusal.message }],
  )
  return new ApiError('VALIDATION_ERROR', { details })
}

/**
 * An event whose browser asks for privacy (Global Privacy Control, Do Not Track) is cookieless, whatever it
 * carries: it counts, but names neither a visitor nor a user.
 */
export function respectPrivacySignal(event: ValidEvent): ValidEvent {
  return event.gpc ? { ...event, cookieless: true, visitor_id: undefined, user_id: undefined } : event
}
