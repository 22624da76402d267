import type { ControlStore } from '../stores/control-store.js'
import type { Erase } from './create-eraser.js'

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
