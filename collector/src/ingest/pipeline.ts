import {
  createWireError,
  type Heartbeat,
  type IngestAnswer,
  validateEvent,
  validateHeartbeat,
  type ValidEvent,
} from '@zenovay/tracker/contract'
import type { Site } from '../control/sites.js'
import { ApiError } from '../errors.js'
import { decodeJson, type Decoded, parseEvents } from '../http/json-body.js'
import type { RateLimiter } from '../http/rate-limit.js'
import { assertAllowedOrigin } from './admit/limit-and-origin.js'
import { assertNoBot } from './admit/bots.js'
import { assertWithinLimit } from './admit/limit-and-origin.js'
import { requireSite } from './admit/site-cache.js'
import type { CommitOutcome, EventCommit } from './commit/event-commit.js'
import type { GroupCommit } from './commit/group-commit.js'
import type { Connection, GeoProvider } from './enrich/geo.js'
import { toEventRow } from './enrich/to-event-row.js'
import type { HeartbeatRow } from './event-row.js'
import type { Identifier, Ids } from './identify/identifier.js'
import {
  toBatchError,
  toDroppedResult,
  type EventResult,
  listRejections,
  outcomeOf,
  type Tally,
} from './outcomes.js'

/** A request of the public endpoints, independent of the HTTP framework. */
export interface IngestRequest extends Connection {
  /** The tracking code in its path. */
  code: string
  body: string
  origin: string | undefined
  /** Preferred language of the browser; empty when unknown. */
  language: string
}

/** Both methods count outcomes; the caller has counted one event or heartbeat as received. */
export interface Ingest {
  /**
   * Resolves when every valid event of the body is on disk. Throws an {@link ApiError} when none is valid or
   * one could not be stored.
   */
  ingestEvents(request: IngestRequest): Promise<IngestAnswer>
  /** Keeps a visitor in the live count. Throws an {@link ApiError} unless the heartbeat is on disk. */
  ingestHeartbeat(request: IngestRequest): Promise<IngestAnswer>
}

export interface IngestServices {
  findSite: (code: string) => Promise<Site | undefined>
  /**
   * The rate limiters are separate, so that the heartbeats of a page left open do not use up the limit of its
   * events.
   */
  limiters: { events: RateLimiter; heartbeats: RateLimiter }
  processEvent: ProcessEvent
  identifier: Pick<Identifier, 'visitorOf'>
  geo: GeoProvider
  heartbeats: GroupCommit<HeartbeatRow>
  tallies: { events: Tally; heartbeats: Tally }
  now: () => number
}

/**
 * The ingest pipeline. A stage passes an event on, or throws and so gives it its outcome:
 *
 * | stage    | outcome            | dropped when                                                    |
 * | -------- | ------------------ | --------------------------------------------------------------- |
 * | decode   | invalid            | the body is no JSON, nests too deep, or has not 1 to 30 events  |
 * | limit    | limited            | the address sent too many events                                |
 * | site     | unknown_site       | no site has the tracking code                                   |
 * | origin   | origin             | the `Origin` is not a domain of the site                        |
 * | validate | invalid            | a field breaks the contract                                     |
 * | bots     | bot                | the `user_agent` is a bot                                       |
 * | privacy  |                    | never: an event with a privacy signal becomes cookieless        |
 * | identify | shed               | the salt of the day cannot be read                              |
 * | enrich   |                    | never                                                           |
 * | commit   | stored, duplicate  | the queue is full or the store does not answer in time (`shed`) |
 *
 * The first four decide on a whole request, the others on each event. An unexpected error is `failed`.
 */
export function createIngest({
  findSite,
  limiters,
  processEvent,
  identifier,
  geo,
  heartbeats,
  tallies,
  now,
}: IngestServices): Ingest {
  return {
    async ingestEvents(request) {
      const { events, isBatch, site } = await admit(request)
      const context = { site, ip: request.ip, country: geo.countryOf(request), language: request.language }
      const results =
        events.length === 1
          ? [await processEvent(events[0], context)]
          : await Promise.all(events.map((body) => processEvent(body, context)))
      for (const { outcome } of results) tallies.events.end(outcome)
      return toAnswer(results, { isBatch, now: now() })
    },

    async ingestHeartbeat(request) {
      try {
        assertWithinLimit(limiters.heartbeats, request.ip, 1)
        const site = await requireSite(findSite, request.code)
        assertAllowedOrigin(request.origin, site)
        const heartbeat = parseHeartbeat(request.body)
        await heartbeats.add({
          site_id: site.id,
          received_at: now(),
          visitor_id: identifier.visitorOf(heartbeat, site.id),
        })
        tallies.heartbeats.end('stored')
        return { success: true }
      } catch (error) {
        tallies.heartbeats.end(outcomeOf(error))
        throw error
      }
    },
  }

  /** The stages of a request, from decode to origin. */
  async function admit(request: IngestRequest): Promise<Decoded & { site: Site }> {
    let count = 1
    try {
      const { events, isBatch } = decode(request)
      count = events.length
      tallies.events.receive(count - 1)
      assertWithinLimit(limiters.events, request.ip, count)
      const site = await requireSite(findSite, request.code)
      assertAllowedOrigin(request.origin, site)
      return { events, isBatch, site }
    } catch (error) {
      tallies.events.end(outcomeOf(error), count)
      throw error
    }
  }

  function decode({ body, ip }: IngestRequest): Decoded {
    try {
      return parseEvents(body)
    } catch (error) {
      // Unreadable bodies count against the limit too.
      assertWithinLimit(limiters.events, ip, 1)
      throw error
    }
  }
}

/** Context of the request that carried an event. */
interface RequestContext {
  site: Site
  /** Address of the visitor; undefined when a server sent the event. */
  ip: string | undefined
  /** The country from a `GeoProvider`. */
  country: string
  /** Preferred language of the browser; used when the event has none. */
  language: string
}

export interface EventProcessorServices {
  identifier: Identifier
  commit: EventCommit
  now: () => number
}

/**
 * Processes one event and never rejects: a dropped event is a result, and does not affect the others of its
 * request.
 */
export type ProcessEvent = (body: unknown, context: RequestContext) => Promise<EventResult>

/**
 * The stages of one event, from validate to commit; the public endpoints and the batch endpoint share them.
 */
export function createEventProcessor({ identifier, commit, now }: EventProcessorServices): ProcessEvent {
  return (body, { site, ip, country, language }) => {
    try {
      const sent = validate(body)
      assertNoBot(sent.user_agent)
      const event = respectPrivacySignal(sent)
      const receivedAt = now()
      const store = (ids: Ids) =>
        commit.commit({
          row: toEventRow(event, { site, ids, language, country, now: receivedAt }),
          hasOwnId: event.event_id !== undefined,
          retry: event.retry === true,
        })
      const ids = identifier.identify(event, { siteId: site.id, ip, now: receivedAt })
      // The function awaits only when needed: it runs for every event, and an await costs as much as
      // validation.
      const stored = ids instanceof Promise ? ids.then(store) : store(ids)
      return stored.then(toStoredResult, toDroppedResult)
    } catch (error) {
      return Promise.resolve(toDroppedResult(error))
    }
  }
}

function validate(body: unknown): ValidEvent {
  const result = validateEvent(body)
  if (!result.ok) throw new ApiError('VALIDATION_ERROR', { details: result.faults })
  return result.event
}

/**
 * Makes an event cookieless when its browser sends a privacy signal (Global Privacy Control, Do Not Track):
 * it counts, without the ids of visitor and user.
 */
export function respectPrivacySignal(event: ValidEvent): ValidEvent {
  return event.gpc ? { ...event, cookieless: true, visitor_id: undefined, user_id: undefined } : event
}

function toStoredResult(outcome: CommitOutcome): EventResult {
  return { outcome }
}

function parseHeartbeat(body: string): Heartbeat {
  const result = validateHeartbeat(decodeJson(body))
  if (!result.ok) throw new ApiError('VALIDATION_ERROR', { details: result.faults })
  return result.heartbeat
}

/** The answer to a request. Throws the {@link ApiError} of one without a valid event. */
function toAnswer(results: EventResult[], { isBatch, now }: { isBatch: boolean; now: number }): IngestAnswer {
  const rejections = listRejections(results)
  if (rejections.length === results.length) throw isBatch ? toBatchError(rejections) : rejections[0]!.error
  if (!isBatch) return { success: true }
  const rejected = rejections.map(({ index, error }) => ({
    index,
    error: createWireError(error.code, new Date(now), error.details),
  }))
  return { success: true, accepted: results.length - rejected.length, rejected }
}
