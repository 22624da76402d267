import { BURST_LIMIT, BURST_WINDOW_MS, SUSTAINED_LIMIT, SUSTAINED_WINDOW_MS } from '@zenovay/tracker/contract'
import { createClientTable } from './client-table.js'
import { createRequestLogPool, NO_RUN } from './request-log-pool.js'

/** At most `limit` requests of one client within any `windowMs`. */
export interface RateRule {
  limit: number
  windowMs: number
}

const BURST_RULE: RateRule = { limit: BURST_LIMIT, windowMs: BURST_WINDOW_MS }
/** Events. */
export const INGEST_RULES: RateRule[] = [
  BURST_RULE,
  { limit: SUSTAINED_LIMIT, windowMs: SUSTAINED_WINDOW_MS },
]
/** Heartbeats, and questions for the live count: a page that stays open all day sends them all day. */
export const LIVENESS_RULES: RateRule[] = [BURST_RULE]

interface RateLimiterOptions {
  /** The longest window last. */
  rules: RateRule[]
  /** ms of a clock that never steps: setting the system's time must neither open nor close a window. */
  clock: () => number
  /** Clients that are remembered. */
  maxClients?: number
  /** Requests that are remembered, of all clients together; those that came as one batch are one. */
  maxRuns?: number
}

export interface RateLimiter {
  /**
   * Counts `cost` requests of a client, together or not at all. Returns 0, or the whole seconds after which the same
   * would pass; what was refused is not counted.
   */
  take(client: string, cost: number): number
}

/**
 * Limits each client by an exact sliding log: the time of every request within the longest window. Counting by fixed
 * windows lets nearly twice the burst through, and by buckets refuses too early.
 *
 * Memory is bounded. When there are too many clients or requests, the client seen longest ago is forgotten: a flood of
 * addresses may make the collector forget who was over a limit and went silent, never refuse who is under it.
 */
export function createRateLimiter({
  rules,
  clock,
  maxClients = 100_000,
  maxRuns = 1_000_000,
}: RateLimiterOptions): RateLimiter {
  const runs = createRequestLogPool(maxRuns)
  const clients = createClientTable(maxClients, forget)
  // By the client's slot: its last run.
  const newest = new Int32Array(maxClients)
  // For each client one entry per rule: the oldest run within its window, and the requests from there on.
  const oldest = new Int32Array(maxClients * rules.length).fill(NO_RUN)
  const totals = new Uint32Array(maxClients * rules.length)
  const longest = rules.length - 1

  function forget(slot: number): void {
    const first = slot * rules.length
    for (let run = oldest[first + longest]!; run !== NO_RUN;) run = release(run)
    oldest.fill(NO_RUN, first, first + rules.length)
    totals.fill(0, first, first + rules.length)
  }

  function release(run: number): number {
    const next = runs.nextOf(run)
    runs.release(run)
    return next
  }

  /** Leaves out what is no longer within a rule's window. */
  function slide(entry: number, rule: number, now: number): void {
    let run = oldest[entry]!
    while (run !== NO_RUN && now - runs.timeOf(run) >= rules[rule]!.windowMs) {
      totals[entry]! -= runs.countOf(run)
      run = rule === longest ? release(run) : runs.nextOf(run)
    }
    oldest[entry] = run
  }

  /** Milliseconds until `cost` more requests are within a rule; 0 when they are. */
  function waitFor(
    entry: number,
    { limit, windowMs }: RateRule,
    { cost, now }: { cost: number; now: number },
  ): number {
    let excess = totals[entry]! + cost - limit
    let wait = 0
    for (let run = oldest[entry]!; excess > 0; run = runs.nextOf(run)) {
      if (run === NO_RUN) return windowMs
      excess -= runs.countOf(run)
      wait = windowMs - (now - runs.timeOf(run))
    }
    return wait
  }

  function count(slot: number, cost: number, now: number): void {
    while (runs.isFull()) clients.forgetOldest()
    const run = runs.claim(now, cost)
    const first = slot * rules.length
    if (oldest[first + longest] !== NO_RUN) runs.append(newest[slot]!, run)
    newest[slot] = run
    for (let entry = first; entry <= first + longest; entry++) {
      if (oldest[entry] === NO_RUN) oldest[entry] = run
      totals[entry]! += cost
    }
  }

  return {
    take(client, cost) {
      const now = clock()
      const slot = clients.touch(client)
      let wait = 0
      for (const [index, rule] of rules.entries()) {
        const entry = slot * rules.length + index
        slide(entry, index, now)
        wait = Math.max(wait, waitFor(entry, rule, { cost, now }))
      }
      if (wait === 0) count(slot, cost, now)
      return Math.ceil(wait / 1000)
    },
  }
}
