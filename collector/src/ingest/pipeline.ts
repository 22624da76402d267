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
import { assertWithinLimit } from '../http/request-limit.js'
import { assertNoBot } from './admit/bots.js'
import { assertAllowedOrigin } from './admit/origin.js'
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

/** A request to a public ingest endpoint, independent of the HTTP framework. */
export interface IngestRequest extends Connection {
  /** The tracking code in the URL path. */
  code: string
  body: string
  origin: string | undefined
  /** Preferred language of the browser, or an empty string if it is unknown. */
  language: string
  /** Whether the request has the header `Sec-GPC: 1`. */
  hasGpcHeader: boolean
}

/**
 * Handles the requests of the public endpoints and counts the outcome of each event and heartbeat. The caller
 * must count one event or heartbeat as received before each call.
 */
export interface Ingest {
  /**
   * Resolves when every valid event in the request body is on disk. Throws an {@link ApiError} if no event is
   * valid or if an event could not be stored.
   */
  ingestEvents(request: IngestRequest): Promise<IngestAnswer>
  /**
   * Stores a heartbeat, which keeps its visitor in the live count. Throws an {@link ApiError} if the
   * heartbeat is rejected or could not be stored.
   */
  ingestHeartbeat(request: IngestRequest): Promise<IngestAnswer>
}

export interface IngestServices {
  findSite: (code: string) => Promise<Site | undefined>
  /**
   * The rate limiters for events and heartbeats. They are separate, so that the heartbeats of a page that
   * stays open do not use up the rate limit of its events.
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
 * Creates the ingest pipeline. Each stage passes an event on, or throws an error that determines the outcome
 * of the event:
 *
 * | stage    | outcome            | events are dropped if                                              |
 * | -------- | ------------------ | ------------------------------------------------------------------ |
 * | decode   | invalid            | the body is not JSON, too deeply nested, or not 1 to 30 events     |
 * | limit    | limited            | the client sent too many events                                    |
 * | site     | unknown_site       | no site has the tracking code                                      |
 * | origin   | origin             | the `Origin` header does not match a domain of the site            |
 * | validate | invalid            | a field violates the contract                                      |
 * | bots     | bot                | the `user_agent` belongs to a bot                                  |
 * | privacy  |                    | never: an event with a privacy signal becomes cookieless           |
 * | identify | shed               | the salt of the day cannot be read                                 |
 * | enrich   |                    | never                                                              |
 * | commit   | stored, duplicate  | the queue is full or the store does not respond in time (`shed`)   |
 *
 * The first four stages apply to the whole request, the other stages to each event. An unexpected error leads
 * to the outcome `failed`.
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
      const context = {
        site,
        ip: request.ip,
        country: geo.countryOf(request),
        language: request.language,
        hasGpcHeader: request.hasGpcHeader,
        hasKey: false,
        receivedAt: now(),
      }
      const results =
        events.length === 1
          ? [await processEvent(events[0], context, 0)]
          : await Promise.all(events.map((body, position) => processEvent(body, context, position)))
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

  /** Runs the stages that apply to a whole request, from decode to origin. */
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
      // A request with an unreadable body also counts against the rate limit.
      assertWithinLimit(limiters.events, ip, 1)
      throw error
    }
  }
}

/** Context of the request that contained an event. */
interface RequestContext {
  site: Site
  /** IP address of the visitor, or undefined if a server sent the event. */
  ip: string | undefined
  /** ISO 3166-1 alpha-2 code of the visitor's country, or an empty string if it is unknown. */
  country: string
  /** Preferred language of the browser. It is used if the event does not specify a language. */
  language: string
  /** Whether the request of a browser has the header `Sec-GPC: 1`, which counts like `gpc` in each event. */
  hasGpcHeader: boolean
  /** Whether the request was sent with an API key of the site. */
  hasKey: boolean
  /**
   * Time when the request was received, as Unix time in milliseconds. All events of a request have the same time,
   * because processing a large request takes long enough to change the order of its events.
   */
  receivedAt: number
}

export interface EventProcessorServices {
  identifier: Identifier
  commit: EventCommit
}

/**
 * Processes one event. `position` is its index in the request. The promise never rejects, so that a dropped event
 * does not affect the other events in the request.
 */
export type ProcessEvent = (body: unknown, context: RequestContext, position: number) => Promise<EventResult>

/**
 * Creates the function that runs the stages of one event, from validate to commit. The public endpoints and
 * the batch endpoint share these stages.
 */
export function createEventProcessor({ identifier, commit }: EventProcessorServices): ProcessEvent {
  return (body, { site, ip, country, language, hasGpcHeader, hasKey, receivedAt }, position) => {
    try {
      const sent = validate(body)
      assertNoBot(sent.user_agent)
      const event = respectPrivacySignal(hasGpcHeader ? { ...sent, gpc: true } : sent)
      const store = (ids: Ids) =>
        commit.commit({
          row: toEventRow(event, { site, ids, language, country, now: receivedAt, position }),
          accountId: site.accountId,
          hasOwnId: event.event_id !== undefined,
          retry: event.retry === true,
          idSpace: hasKey ? (event.shared_id === true ? 'shared' : 'keyed') : 'public',
        })
      const ids = identifier.identify(event, { siteId: site.id, ip, now: receivedAt })
      // There is no `await` here, because this function runs for every event and an `await` takes as long as
      // validation. `ids` is a promise only if a salt must be loaded first.
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
 * Makes an event cookieless if its browser sends a privacy signal (Global Privacy Control or Do Not Track).
 * The event is still counted, but without its visitor ID and user ID.
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

/** Returns the response to a request. Throws an {@link ApiError} if the request contains no valid event. */
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
