import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlStore } from '../control/control-store.js'
import { storeUnavailable } from '../errors.js'
import type { Deletion, DeletionResult, EventStore } from '../ingest/event-store.js'
import type { Rollups } from '../reports/rollup-store.js'
import type { Webhooks } from '../webhooks/service.js'

/**
 * Deletes all matching events received so far, including events that are still queued. Rejects with
 * `STORE_UNAVAILABLE` if queued events cannot be written in time.
 */
export type Erase = (deletion: Deletion) => Promise<DeletionResult>

interface Draining {
  drain(): Promise<void>
}

// Maximum time for writing queued events to the store before the deletion.
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
 * Creates the function that erases events. It writes queued events to the store first, because they would
 * otherwise be stored after the deletion.
 */
export function createEraser({ events, commit, heartbeats, rollups, webhooks }: EraserServices): Erase {
  return async (deletion) => {
    const drained = Promise.all([commit.drain(), heartbeats.drain()]).then(() => true)
    if (!(await Promise.race([drained, sleep(DRAIN_WITHIN_MS, false, { ref: false })])))
      throw storeUnavailable({ retryAfterS: RETRY_AFTER_S })
    const result = await rollups.pause(() => events.delete(deletion))
    // A deletion by age does not affect webhooks, because pending deliveries expire long before the events
    // do.
    if (deletion.before === undefined) await webhooks.erase(deletion)
    return result
  }
}

// Another collector may still store events of a removed site for about 20 seconds, because its site cache may
// be outdated and its events may be queued.
const STRAGGLERS_MS = 60_000

interface RemovalServices {
  control: Pick<ControlStore, 'listRemovals' | 'finishRemoval'>
  erase: Erase
  /** Unix time in milliseconds. */
  now: number
}

/**
 * Deletes the events of removed sites. Later runs repeat the deletion until no other collector can still
 * store events of the site.
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
