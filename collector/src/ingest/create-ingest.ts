import { createWireError, validateEvent, validateHeartbeat, type IngestAnswer, type ValidEvent, type WireError } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'
import type { HeartbeatRow } from '../stores/event-row.js'
import type { Site } from '../stores/control-store.js'
import { isAllowedOrigin, isBotAgent } from './admit.js'
import { clientOf } from './client-address.js'
import type { CommitOutcome, EventCommit } from './create-event-commit.js'
import type { GroupCommit } from './create-group-commit.js'
import type { Identifier, Ids } from './create-identifier.js'
import type { RateLimiter } from './create-rate-limiter.js'
import { decodeEvents, decodeJson, type Decoded } from './decode.js'
import { toEventRow } from './enrich/to-event-row.js'

/** A request of the public endpoint, without its transport. */
export interface IngestRequest {
  site: Site
  body: string
  ip: string
  origin: string | undefined
  /** What the browser asks for; empty when it does not. */
  language: string
}

export interface Ingest {
  /** Resolves when every valid event of the body is on disk. Throws an {@link ApiError} when none is. */
  takeEvents(request: IngestRequest): Promise<IngestAnswer>
  /** Extends the liveness of a visitor. */
  takeHeartbeat(request: IngestRequest): Promise<IngestAnswer>
}

export interface IngestServices {
  commit: EventCommit
  heartbeats: GroupCommit<HeartbeatRow>
  identifier: Identifier
  limiter: RateLimiter
  now: () => number
}

/** The stages of ingest in their order: admit → decode → validate → identify → enrich → commit. */
export function createIngest({ commit, heartbeats, identifier, limiter, now }: IngestServices): Ingest {
  function admit({ site, ip, origin }: IngestRequest, cost: number): void {
    const retryAfterS = limiter.take(clientOf(ip), cost, now())
    if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
    if (!isAllowedOrigin(origin, site)) throw new ApiError('ORIGIN_NOT_ALLOWED')
  }

  function check(body: unknown): { event: ValidEvent } | { error: WireError } {
    const result = validateEvent(body)
    if (!result.ok) return { error: createWireError('VALIDATION_ERROR', new Date(now()), result.faults) }
    if (isBotAgent(result.event.user_agent)) return { error: createWireError('BOT_REJECTED', new Date(now())) }
    return { event: result.event }
  }

  // No await where none is needed: this runs for every event, and each await costs as much as validating it.
  function store(event: ValidEvent, { site, ip, language }: IngestRequest): Promise<CommitOutcome> {
    const time = now()
    const write = (ids: Ids) => commit.commit({ row: toEventRow(event, { site, ids, language, now: time }), hasOwnId: event.event_id !== undefined, retry: event.retry === true })
    const ids = identifier.identify(event, { siteId: site.id, ip, now: time })
    return ids instanceof Promise ? ids.then(write) : write(ids)
  }

  return {
    async takeEvents(request) {
      let decoded: Decoded
      try {
        decoded = decodeEvents(request.body)
      } catch (error) {
        admit(request, 1)
        throw error
      }
      admit(request, decoded.events.length)

      const checked = decoded.events.map(check)
      const rejected = checked.flatMap((result, index) => ('error' in result ? [{ index, error: result.error }] : []))
      if (rejected.length === checked.length) throw refuseAll(rejected, decoded.isBatch)
      await Promise.all(checked.flatMap((result) => ('event' in result ? [store(result.event, request)] : [])))
      return decoded.isBatch ? { success: true, accepted: checked.length - rejected.length, rejected } : { success: true }
    },

    async takeHeartbeat(request) {
      admit(request, 1)
      const result = validateHeartbeat(decodeJson(request.body))
      if (!result.ok) throw new ApiError('VALIDATION_ERROR', { details: result.faults })
      const { visitor_id, session_id } = result.heartbeat
      await heartbeats.add({ site_id: request.site.id, received_at: now(), visitor_id: visitor_id ?? `s_${session_id}` })
      return { success: true }
    },
  }
}

/** The refusal of a body without one valid event; faults of a batch are named by the index of their event. */
function refuseAll(rejected: { index: number; error: WireError }[], isBatch: boolean): ApiError {
  const [first] = rejected
  if (!isBatch) return new ApiError(first!.error.code, first!.error.details && { details: first!.error.details })
  const details = rejected.flatMap(({ index, error }) =>
    error.details ? error.details.map(({ field, reason }) => ({ field: `[${index}].${field}`, reason })) : [{ field: `[${index}]`, reason: error.message }],
  )
  return new ApiError('VALIDATION_ERROR', { details })
}
