import { BURST_LIMIT, BURST_WINDOW_MS, SUSTAINED_LIMIT, SUSTAINED_WINDOW_MS } from '@zenovay/tracker/contract'
import { createClientTable } from './client-table.js'
import { createRequestLogPool, NO_RUN } from './request-log-pool.js'

/** At most `limit` requests of one client within any `windowMs`. */
export interface RateRule {
  limit: number
  windowMs: number
}

const BURST_RULE: RateRule = { limit: BURST_LIMIT, windowMs: BURST_WINDOW_MS }
/** For events. */
export const INGEST_RULES: RateRule[] = [
  BURST_RULE,
  { limit: SUSTAINED_LIMIT, windowMs: SUSTAINED_WINDOW_MS },
]
/** For heartbeats and live counts: a page that stays open all day sends them all day. */
export const LIVENESS_RULES: RateRule[] = [BURST_RULE]

interface RateLimiterOptions {
  /** The longest window last. */
  rules: RateRule[]
  /** ms of a monotonic clock: setting the system time must not open or close a window. */
  clock: () => number
  /** Most clients in memory. */
  maxClients?: number
  /** Most requests in memory, of all clients together; a batch counts as one. */
  maxRuns?: number
}

export interface RateLimiter {
  /**
   * Counts `cost` requests of a client, all or none. Returns 0, or after how many whole seconds they would pass.
   * Refused requests are not counted.
   */
  take(client: string, cost: number): number
}

/**
 * Limits each client by an exact sliding log: the time of every request within the longest window. Fixed windows would
 * let nearly twice the burst through, and buckets would refuse too early.
 *
 * Memory is bounded. With too many clients or requests the oldest client is forgotten: a flood of addresses can make the
 * limiter forget a client that was over its limit and then silent, but never refuse one that is below it.
 */
export function createRateLimiter({
  rules,
  clock,
  maxClients = 100_000,
  maxRuns = 1_000_000,
}: RateLimiterOptions): RateLimiter {
  const runs = createRequestLogPool(maxRuns)
  const clients = createClientTable(maxClients, forget)
  // The newest run of each slot.
  const newest = new Int32Array(maxClients)
  // One entry per slot and rule: the oldest run within the window, and the requests since then.
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

  /** Drops runs that left the window of a rule. */
  function slide(entry: number, rule: number, now: number): void {
    let run = oldest[entry]!
    while (run !== NO_RUN && now - runs.timeOf(run) >= rules[rule]!.windowMs) {
      totals[entry]! -= runs.countOf(run)
      run = rule === longest ? release(run) : runs.nextOf(run)
    }
    oldest[entry] = run
  }

  /** Milliseconds until a rule allows `cost` more requests; 0 for now. */
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
