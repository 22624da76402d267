// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until the condition holds, and rejects after `withinMs`.
 *
 * @param {() => boolean} condition
 * @param {{ description: string, everyMs?: number, withinMs?: number }} options
 */
export async function waitUntil(condition, { description, everyMs = 20, withinMs = 120_000 }) {
  for (const deadline = performance.now() + withinMs; !condition(); await sleep(everyMs))
    if (performance.now() > deadline)
      throw new Error(`timed out after ${withinMs / 1000} s, waiting for ${description}`)
}
