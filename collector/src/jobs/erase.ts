import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlStore } from '../control/control-store.js'
import { storeUnavailable } from '../errors.js'
import type { Deletion, DeletionResult, EventStore } from '../ingest/event-store.js'
import type { Rollups } from '../reports/rollup-store.js'
import type { Webhooks } from '../webhooks/service.js'

/**
 * Deletes all matching events received so far, including events that are still queued. Rejects with
 * `STORE_UNAVAILABLE` if the queues cannot be written in time.
 */
export type Erase = (deletion: Deletion) => Promise<DeletionResult>

interface Draining {
  drain(): Promise<void>
}

// Maximum time for writing the queues. An event also waits at most this long for its commit.
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
 * Creates the function that erases events. It first writes the queues, because queued events would otherwise
 * be stored after the deletion. Rollups are paused during the deletion.
 */
export function createEraser({ events, commit, heartbeats, rollups, webhooks }: EraserServices): Erase {
  return async (deletion) => {
    const drained = Promise.all([commit.drain(), heartbeats.drain()]).then(() => true)
    if (!(await Promise.race([drained, sleep(DRAIN_WITHIN_MS, false, { ref: false })])))
      throw storeUnavailable({ retryAfterS: RETRY_AFTER_S })
    const result = await rollups.pause(() => events.delete(deletion))
    // A deletion by age does not affect webhooks, because deliveries expire long before any retention ends.
    if (deletion.before === undefined) await webhooks.erase(deletion)
    return result
  }
}

// Another collector may keep a removed site in its cache for two more seconds, and its queue may delay events
// by up to twenty seconds.
const STRAGGLERS_MS = 60_000

interface RemovalServices {
  control: Pick<ControlStore, 'listRemovals' | 'finishRemoval'>
  erase: Erase
  /** Unix time in milliseconds. */
  now: number
}

/**
 * Deletes the events of removed sites. Each run repeats the deletion until no other collector can still store
 * events of the site. The record of the removal is deleted last.
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
