import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlStore } from '../control/control-store.js'
import { storeUnavailable } from '../errors.js'
import type { Deletion, DeletionResult, EventStore } from '../ingest/event-store.js'
import type { Rollups } from '../reports/rollup-store.js'
import type { Webhooks } from '../webhooks/service.js'

/**
 * Deletes matching events acknowledged so far, including those not written yet. Rejects with
 * `STORE_UNAVAILABLE`.
 */
export type Erase = (deletion: Deletion) => Promise<DeletionResult>

interface Draining {
  drain(): Promise<void>
}

// The time to write the queues: as long as an event may wait for its commit.
const DRAIN_WITHIN_MS = 20_000
const RETRY_AFTER_S = 30

interface EraserServices {
  events: Pick<EventStore, 'delete'>
  commit: Draining
  heartbeats: Draining
  rollups: Pick<Rollups, 'pause'>
  webhooks: Pick<Webhooks, 'erase'>
}

/**
 * Writes the queues before it deletes, because events still queued would be written after the deletion.
 * Rollups pause meanwhile.
 */
export function createEraser({ events, commit, heartbeats, rollups, webhooks }: EraserServices): Erase {
  return async (deletion) => {
    const drained = Promise.all([commit.drain(), heartbeats.drain()]).then(() => true)
    if (!(await Promise.race([drained, sleep(DRAIN_WITHIN_MS, false, { ref: false })])))
      throw storeUnavailable({ retryAfterS: RETRY_AFTER_S })
    const result = await rollups.pause(() => events.delete(deletion))
    // A deletion by age needs no webhooks: deliveries expire long before any retention ends.
    if (deletion.before === undefined) await webhooks.erase(deletion)
    return result
  }
}

// Another collector may have a removed site in its cache for two more seconds, and its queue may delay events
// by up to twenty.
const STRAGGLERS_MS = 60_000

interface RemovalServices {
  control: Pick<ControlStore, 'listRemovals' | 'finishRemoval'>
  erase: Erase
  /** ms since the epoch. */
  now: number
}

/**
 * Deletes the events of removed sites. Repeats this until no other collector can still store events of the
 * site, then deletes the record of the removal.
 */
export async function finishRemovals(
  { control, erase, now }: RemovalServices,
  signal: AbortSignal,
): Promise<void> {
  for (const { siteId, removedAt } of await control.listRemovals()) {
    if (signal.aborted) return
    const { isDone } = await erase({ siteIds: [siteId] })
    if (isDone && now >= removedAt + STRAGGLERS_MS) await control.finishRemoval(siteId)
  }
}
