import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlStore } from '../control/control-store.js'
import { ApiError } from '../errors.js'
import type { Deletion, DeletionResult, EventStore } from '../ingest/event-store.js'
import type { Rollups } from '../reports/rollup-store.js'
import type { Webhooks } from '../webhooks/service.js'

/** Deletes what was taken so far, also what is not written yet. Rejects with `STORE_UNAVAILABLE`. */
export type Erase = (deletion: Deletion) => Promise<DeletionResult>

interface Draining {
  drain(): Promise<void>
}

// As long as an event may wait for its answer.
const DRAIN_WITHIN_MS = 20_000
const RETRY_AFTER_S = 30

interface EraserServices {
  events: Pick<EventStore, 'delete'>
  commit: Draining
  heartbeats: Draining
  settling: Pick<Rollups, 'pause'>
  webhooks: Pick<Webhooks, 'forget'>
}

/** What waits to be written when an erasure begins would be written after it: so that is written first. And no day is being made of what is erased. */
export function createEraser({ events, commit, heartbeats, settling, webhooks }: EraserServices): Erase {
  return async (deletion) => {
    const drained = Promise.all([commit.drain(), heartbeats.drain()]).then(() => true)
    if (!(await Promise.race([drained, sleep(DRAIN_WITHIN_MS, false, { ref: false })])))
      throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S })
    const result = await settling.pause(() => events.delete(deletion))
    // What is only old is out of the outbox long before.
    if (deletion.before === undefined) await webhooks.forget(deletion)
    return result
  }
}

// Another collector may know a removed site for two seconds more, and hold its events for twenty before it writes them.
const STRAGGLERS_MS = 60_000

/** Deletes the events of removed sites, once more when the last straggler must have come, and then forgets the site. */
export async function finishRemovals(
  control: Pick<ControlStore, 'listRemovals' | 'finishRemoval'>,
  erase: Erase,
  now: number,
): Promise<void> {
  for (const { siteId, removedAt } of await control.listRemovals()) {
    const { isDone } = await erase({ siteIds: [siteId] })
    if (isDone && now >= removedAt + STRAGGLERS_MS) await control.finishRemoval(siteId)
  }
}
