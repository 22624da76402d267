import { randomInt } from 'node:crypto'
import { BURST_LIMIT, BURST_WINDOW_MS, SUSTAINED_LIMIT, SUSTAINED_WINDOW_MS } from '@zenovay/tracker/contract'

/** A rate limit that allows each client `limit` requests within any window of `windowMs` milliseconds. */
export interface RateRule {
  limit: number
  windowMs: number
}

const BURST_RULE: RateRule = { limit: BURST_LIMIT, windowMs: BURST_WINDOW_MS }
/** The rate limits for events. */
export const INGEST_RULES: RateRule[] = [
  BURST_RULE,
  { limit: SUSTAINED_LIMIT, windowMs: SUSTAINED_WINDOW_MS },
]
/**
 * The rate limits for heartbeats and live counts. They include no sustained limit, because a page that stays
 * open all day sends such requests all day.
 */
export const LIVENESS_RULES: RateRule[] = [BURST_RULE]
/** The rate limit for scripts, above that of events: an event waits in the outbox, but a script is not loaded again. */
export const SCRIPT_RULES: RateRule[] = [{ limit: 10 * BURST_LIMIT, windowMs: BURST_WINDOW_MS }]
/** The rate limit for the API documents and the dashboard, whose page loads three files. */
export const PAGE_RULES: RateRule[] = [BURST_RULE]
/** The rate limit for health checks. Documents that are loaded through the same proxy do not use it up. */
export const HEALTH_RULES: RateRule[] = [BURST_RULE]

/** The rate limits for all requests of one account to the management API, and for those that change something. */
export const MANAGEMENT_RULES: RateRule[] = [{ limit: 600, windowMs: 60_000 }]
export const CHANGE_RULES: RateRule[] = [{ limit: 120, windowMs: 60_000 }]
/** The number of accounts and requests to remember for them. */
export const ACCOUNT_MEMORY = { maxClients: 10_000, maxRuns: 100_000 }

interface RateLimiterOptions {
  /** Rate limits, sorted by the length of their windows in ascending order. */
  rules: RateRule[]
  /**
   * Returns the time of a monotonic clock in milliseconds. The system clock is unsuitable, because a change
   * of the system time would shorten or extend a window.
   */
  clock: () => number
  /** Maximum number of clients to track in memory. */
  maxClients?: number
  /**
   * Maximum number of request log entries in memory, for all clients together. A batch is stored as one
   * entry.
   */
  maxRuns?: number
}

export interface RateLimiter {
  /**
   * Counts `cost` requests of a client and returns 0 if the rate limits allow all of them. Otherwise counts
   * none of them and returns the number of seconds, rounded up, after which they would be allowed.
   */
  take(client: string, cost: number): number
}

/**
 * Creates a rate limiter that stores the time of each request of a client within the longest window. Fixed
 * windows would allow nearly twice the limit in a burst, and token buckets would reject requests too early.
 *
 * Memory is bounded. If there are too many clients or requests, the limiter deletes the log of the client
 * that was seen longest ago. This never causes the rejection of a client that is below its limit.
 */
export function createRateLimiter({
  rules,
  clock,
  maxClients = 100_000,
  maxRuns = 1_000_000,
}: RateLimiterOptions): RateLimiter {
  const runs = createRequestLogPool(maxRuns)
  const clients = createClientTable(maxClients, forget)
  // The newest run of each client slot. A run is a log entry for one or more requests at the same time.
  const newest = new Int32Array(maxClients)
  // For each client slot and rule, `oldest` stores the oldest run within the window, and `totals` stores the
  // number of requests since then.
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

  /**
   * Removes the log entries that are older than the window of a rule, and subtracts their requests from the
   * total.
   */
  function slide(entry: number, rule: number, now: number): void {
    let run = oldest[entry]!
    while (run !== NO_RUN && now - runs.timeOf(run) >= rules[rule]!.windowMs) {
      totals[entry]! -= runs.countOf(run)
      run = rule === longest ? release(run) : runs.nextOf(run)
    }
    oldest[entry] = run
  }

  /**
   * Returns the number of milliseconds until a rule allows `cost` more requests, or 0 if it allows them now.
   */
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

/** Marks the end of a linked list of runs. */
export const NO_RUN = -1

/**
 * Stores request logs as linked lists of runs. A run is a log entry with a time, a number of requests and the
 * index of the next run. All lists share memory of a fixed size.
 */
interface RequestLogPool {
  timeOf(run: number): number
  countOf(run: number): number
  nextOf(run: number): number
  append(run: number, next: number): void
  isFull(): boolean
  /** Adds a run without a next run and returns its index. The pool must not be full. */
  claim(time: number, count: number): number
  release(run: number): void
}

/**
 * Creates a pool of at most `size` runs in typed arrays. Each run occupies 14 bytes. Objects would occupy six
 * times as much memory.
 */
export function createRequestLogPool(size: number): RequestLogPool {
  const times = new Float64Array(size)
  const counts = new Uint16Array(size)
  const nexts = new Int32Array(size)
  let untouched = 0
  // The first run in the linked list of released runs.
  let released = NO_RUN

  return {
    timeOf: (run) => times[run]!,
    countOf: (run) => counts[run]!,
    nextOf: (run) => nexts[run]!,
    append(run, next) {
      nexts[run] = next
    },
    isFull: () => released === NO_RUN && untouched === size,
    claim(time, count) {
      const run = released === NO_RUN ? untouched++ : released
      if (run === released) released = nexts[run]!
      times[run] = time
      counts[run] = count
      nexts[run] = NO_RUN
      return run
    },
    release(run) {
      nexts[run] = released
      released = run
    },
  }
}

const NONE = -1

interface ClientTable {
  /**
   * Marks a client as the most recently seen one and returns its slot, from 0 to `maxClients - 1`. If the
   * client is new and the table is full, the client that was seen longest ago is evicted.
   */
  touch(client: string): number
  /** Evicts the client that was seen longest ago. */
  forgetOldest(): void
}

/**
 * Creates a least-recently-used table of clients in memory of a fixed size. `onForget` is called with the
 * slot of each evicted client.
 *
 * The table does not use a `Map`, because a flood of a million addresses would make a `Map` produce too much
 * garbage.
 */
export function createClientTable(maxClients: number, onForget: (slot: number) => void): ClientTable {
  const names = new Array<string>(maxClients).fill('')
  // Each bucket is a linked list of slots. The hash uses a random seed so that clients cannot choose
  // addresses that fall into the same bucket.
  const buckets = new Int32Array(2 ** Math.ceil(Math.log2(maxClients))).fill(NONE)
  const nextInBucket = new Int32Array(maxClients)
  const seed = randomInt(2 ** 32)
  // A doubly linked list of the slots, ordered by the time at which each client was last seen.
  const older = new Int32Array(maxClients)
  const newer = new Int32Array(maxClients)
  let [oldest, newest, used, freed] = [NONE, NONE, 0, NONE]

  function bucketOf(client: string): number {
    let hash = seed
    for (let i = 0; i < client.length; i++) hash = Math.imul(hash ^ client.charCodeAt(i), 0x01000193)
    return (hash ^ (hash >>> 15)) & (buckets.length - 1)
  }

  function unlink(slot: number): void {
    const [before, after] = [older[slot]!, newer[slot]!]
    if (before === NONE) oldest = after
    else newer[before] = after
    if (after === NONE) newest = before
    else older[after] = before
  }

  function linkAsNewest(slot: number): void {
    older[slot] = newest
    newer[slot] = NONE
    if (newest === NONE) oldest = slot
    else newer[newest] = slot
    newest = slot
  }

  function claim(client: string, bucket: number): number {
    if (freed === NONE && used === maxClients) forgetOldest()
    const slot = freed === NONE ? used++ : freed
    if (slot === freed) freed = nextInBucket[slot]!
    names[slot] = client
    nextInBucket[slot] = buckets[bucket]!
    buckets[bucket] = slot
    return slot
  }

  function forgetOldest(): void {
    const slot = oldest
    unlink(slot)
    const bucket = bucketOf(names[slot]!)
    if (buckets[bucket] === slot) buckets[bucket] = nextInBucket[slot]!
    else {
      let before = buckets[bucket]!
      while (nextInBucket[before] !== slot) before = nextInBucket[before]!
      nextInBucket[before] = nextInBucket[slot]!
    }
    names[slot] = ''
    nextInBucket[slot] = freed
    freed = slot
    onForget(slot)
  }

  return {
    touch(client) {
      const bucket = bucketOf(client)
      let slot = buckets[bucket]!
      while (slot !== NONE && names[slot] !== client) slot = nextInBucket[slot]!
      if (slot === NONE) slot = claim(client, bucket)
      else unlink(slot)
      linkAsNewest(slot)
      return slot
    },
    forgetOldest,
  }
}
