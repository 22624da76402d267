import { setImmediate as yieldToOthers } from 'node:timers/promises'
import {
  createWireError,
  type Fault,
  isTrackingCode,
  MAX_KEYED_BATCH_EVENTS,
  type WireError,
} from '@zenovay/tracker/contract'
import type { ControlStore } from '../control/control-store.js'
import type { ApiKey } from '../control/keys/api-key.js'
import { authorise } from '../control/keys/gate.js'
import type { Site } from '../control/sites.js'
import { ApiError } from '../errors.js'
import { decodeJson } from '../http/json-body.js'
import { requireSite } from './admit/site-cache.js'
import { toBatchError, type EventResult, listRejections, outcomeOf, type Tally } from './outcomes.js'
import type { ProcessEvent } from './pipeline.js'

/** The result of one event in a batch request. */
interface BatchResult {
  /** Index of the event in the `events` array of the request. */
  index: number
  status: 'stored' | 'duplicate' | 'rejected'
  /** The reason for the rejection, or undefined if the event was not rejected. */
  error?: WireError
}

/** The result of a batch request. `results` contains one entry for each event, in request order. */
export interface BatchSummary {
  stored: number
  duplicates: number
  rejected: number
  results: BatchResult[]
}

interface BatchIngestServices {
  control: ControlStore
  findSite: (code: string) => Promise<Site | undefined>
  processEvent: ProcessEvent
  tally: Tally
  now: () => number
}

/**
 * Ingests the body of a `POST /api/v1/events` request. Resolves when every valid event is on disk. Throws an
 * {@link ApiError} if no event is valid or if an event could not be stored.
 *
 * The caller must count one event as received before the call.
 */
export type IngestBatch = (body: string, key: ApiKey) => Promise<BatchSummary>

// After this many events, which take about five milliseconds, the event loop handles other requests before
// the batch continues.
const EVENTS_PER_TURN = 100

/**
 * Creates the pipeline of the batch endpoint. The API key replaces the rate limit and the origin check of the
 * public endpoints. Each event then passes the same stages as an event from a browser.
 */
export function createBatchIngest({
  control,
  findSite,
  processEvent,
  tally,
  now,
}: BatchIngestServices): IngestBatch {
  return async (body, key) => {
    const { events, site } = await admit(body, key)
    const results = await processAll(events, site)
    for (const { outcome } of results) tally.end(outcome)
    const rejections = listRejections(results)
    if (rejections.length === results.length) throw toBatchError(rejections, 'events')
    return toSummary(results, new Date(now()))
  }

  async function admit(body: string, key: ApiKey): Promise<{ events: unknown[]; site: Site }> {
    let count = 1
    try {
      const { trackingCode, events } = parseBatch(decodeJson(body))
      count = events.length
      tally.receive(count - 1)
      const { id } = await requireSite(findSite, trackingCode)
      return { events, site: await authorise(key, id, control) }
    } catch (error) {
      tally.end(outcomeOf(error), count)
      throw error
    }
  }

  async function processAll(events: unknown[], site: Site): Promise<EventResult[]> {
    // The IP address and the language of the request belong to a server and not to the visitor, so they are
    // ignored.
    const context = {
      site,
      ip: undefined,
      country: '',
      language: '',
      hasGpcHeader: false,
      hasKey: true,
      receivedAt: now(),
    }
    const results: Promise<EventResult>[] = []
    for (const [position, event] of events.entries()) {
      if (position > 0 && position % EVENTS_PER_TURN === 0) await yieldToOthers()
      results.push(processEvent(event, context, position))
    }
    return Promise.all(results)
  }
}

function parseBatch(body: unknown): { trackingCode: string; events: unknown[] } {
  const { trackingCode, events } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >
  const issues: Fault[] = []
  const hasCode = typeof trackingCode === 'string' && isTrackingCode(trackingCode)
  const hasEvents = Array.isArray(events) && events.length > 0 && events.length <= MAX_KEYED_BATCH_EVENTS
  if (!hasCode) issues.push({ field: 'trackingCode', reason: 'must be the tracking code of a site, ZV_…' })
  if (!hasEvents)
    issues.push({ field: 'events', reason: `must be an array of 1 to ${MAX_KEYED_BATCH_EVENTS} events` })
  if (!hasCode || !hasEvents) throw new ApiError('VALIDATION_ERROR', { details: issues })
  return { trackingCode, events }
}

function toSummary(results: EventResult[], at: Date): BatchSummary {
  const entries = results.map(({ outcome, error }, index): BatchResult => {
    if (error) return { index, status: 'rejected', error: createWireError(error.code, at, error.details) }
    return { index, status: outcome }
  })
  const count = (status: BatchResult['status']) => entries.filter((entry) => entry.status === status).length
  return {
    stored: count('stored'),
    duplicates: count('duplicate'),
    rejected: count('rejected'),
    results: entries,
  }
}
