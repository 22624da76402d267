import { setImmediate as letOthersRun } from 'node:timers/promises'
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
import { outcomeOf, type Tally } from './outcomes.js'
import { type EventResult, refuseAll, selectRefused, type TakeEvent } from './pipeline.js'

/** What became of one event of a batch. */
interface BatchResult {
  /** Its place in `events`. */
  index: number
  status: 'stored' | 'duplicate' | 'rejected'
  /** Why it was rejected. */
  error?: WireError
}

/** What became of a batch; one result for each event, in order. */
export interface BatchSummary {
  stored: number
  duplicates: number
  rejected: number
  results: BatchResult[]
}

interface BatchIngestServices {
  control: ControlStore
  findSite: (code: string) => Promise<Site | undefined>
  take: TakeEvent
  tally: Tally
  now: () => number
}

/**
 * Takes a body of `POST /api/v1/events`; whoever calls has counted one event as received. Resolves when every valid event is on disk.
 * Throws an {@link ApiError} when none is valid, or when one cannot be stored now.
 */
export type TakeBatch = (body: string, key: ApiKey) => Promise<BatchSummary>

// Some five milliseconds of work, between which the events of browsers are taken.
const EVENTS_IN_ONE_GO = 100

/** The stages of ingest for the events that a server sends with an API key: the key admits instead of address and origin. */
export function createBatchIngest({ control, findSite, take, tally, now }: BatchIngestServices): TakeBatch {
  return async (body, key) => {
    const { events, site } = await open(body, key)
    const endings = await takeAll(events, site)
    for (const { outcome } of endings) tally.end(outcome)
    const refused = selectRefused(endings)
    if (refused.length === endings.length) throw refuseAll(refused, 'events')
    return summarize(endings, new Date(now()))
  }

  async function open(body: string, key: ApiKey): Promise<{ events: unknown[]; site: Site }> {
    let count = 1
    try {
      const { trackingCode, events } = readBatch(decodeJson(body))
      count = events.length
      tally.receive(count - 1)
      const site = await findSite(trackingCode)
      if (!site) throw new ApiError('UNKNOWN_TRACKING_CODE')
      return { events, site: await authorise(key, site.id, control) }
    } catch (error) {
      tally.end(outcomeOf(error), count)
      throw error
    }
  }

  async function takeAll(events: unknown[], site: Site): Promise<EventResult[]> {
    // The request comes from a server: its address and its language are nobody's.
    const sender = { site, ip: undefined, country: '', language: '' }
    const endings: Promise<EventResult>[] = []
    for (const event of events) {
      if (endings.length > 0 && endings.length % EVENTS_IN_ONE_GO === 0) await letOthersRun()
      endings.push(take(event, sender))
    }
    return Promise.all(endings)
  }
}

function readBatch(body: unknown): { trackingCode: string; events: unknown[] } {
  const { trackingCode, events } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >
  const faults: Fault[] = []
  const hasCode = typeof trackingCode === 'string' && isTrackingCode(trackingCode)
  const hasEvents = Array.isArray(events) && events.length > 0 && events.length <= MAX_KEYED_BATCH_EVENTS
  if (!hasCode) faults.push({ field: 'trackingCode', reason: 'must be the tracking code of a site, ZV_…' })
  if (!hasEvents)
    faults.push({ field: 'events', reason: `must be an array of 1 to ${MAX_KEYED_BATCH_EVENTS} events` })
  if (!hasCode || !hasEvents) throw new ApiError('VALIDATION_ERROR', { details: faults })
  return { trackingCode, events }
}

function summarize(endings: EventResult[], at: Date): BatchSummary {
  const results = endings.map(({ outcome, refusal }, index): BatchResult => {
    if (refusal)
      return { index, status: 'rejected', error: createWireError(refusal.code, at, refusal.details) }
    return { index, status: outcome === 'duplicate' ? 'duplicate' : 'stored' }
  })
  const count = (status: BatchResult['status']) => results.filter((result) => result.status === status).length
  return { stored: count('stored'), duplicates: count('duplicate'), rejected: count('rejected'), results }
}
