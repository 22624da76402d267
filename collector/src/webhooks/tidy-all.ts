import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryStore } from '../stores/delivery-store.js'

// A backlog of rows to delete is no reason to hold up requests: one step in ten milliseconds, for a while, and the rest at the next call.
const STEP_PAUSE_MS = 10
const MAX_STEPS = 1_000

/** Deletes and expires what is due; how many deliveries were given up. */
export async function tidyAll(
  store: Pick<DeliveryStore, 'tidy'>,
  times: { now: number; wallNow: number },
): Promise<number> {
  let dropped = 0
  for (let step = 0; step < MAX_STEPS; step++) {
    if (step > 0) await sleep(STEP_PAUSE_MS)
    const result = await store.tidy(times)
    dropped += result.dropped
    if (result.isDone) break
  }
  return dropped
}
