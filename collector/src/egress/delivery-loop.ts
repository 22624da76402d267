import type { Logger } from 'pino'
import { describeError } from '../errors.js'

/** An attempt that is in progress. */
export interface Flight {
  abort: AbortController
  /** Resolves when the attempt has ended and its result is waiting to be stored. */
  ended: Promise<void>
}

/** A persistent queue, and the function that sends its items. */
export interface DeliveryQueue<Claims, Item, Finished> {
  /** Returns which items to lease next, or undefined if no attempt may start. */
  choose(): Claims | undefined
  /**
   * Returns the time at which the next attempt may start, or Infinity if no time is known. If it is Infinity,
   * the loop sleeps until {@link DeliveryLoop.wake} is called.
   */
  nextAt(): number
  /**
   * Stores finished attempts and leases items. After a failure, the next call receives the same finished
   * attempts again.
   */
  takeTurn(turn: { finished: Finished[]; claims: Claims | undefined }): Promise<Item[]>
  /** Sends an item and decides whether to retry it. Never rejects. */
  attempt(item: Item, flight: Flight): Promise<Finished>
}

/** Leases queue items when they are due, sends them and stores the results. */
export interface DeliveryLoop {
  /** Signals that more items may be ready to send. */
  wake(): void
  /**
   * Runs an attempt for an item that is not in the queue. {@link DeliveryLoop.stop} waits for this attempt
   * too.
   */
  fly<Result>(attempt: (flight: Flight) => Promise<Result>): Promise<Result>
  inFlight(): number
  /**
   * Resolves when the attempts for all items that are being leased have started. Resolves immediately if no
   * items are being leased.
   */
  turnEnd(): Promise<void>
  /** Resolves when the results of all finished attempts are stored, or when the loop stops. */
  flush(): Promise<void>
  /**
   * Starts no more attempts. Aborts running attempts after `withinMs` milliseconds with {@link STOPPED}.
   * Resolves when all results are stored, or when storing them fails.
   */
  stop(withinMs: number): Promise<void>
}

interface DeliveryLoopOptions<Claims, Item, Finished> {
  queue: DeliveryQueue<Claims, Item, Finished>
  /** Name of the queue in log lines: `webhooks` or `notifications`. */
  name: string
  log: Pick<Logger, 'error'>
  /** Returns the current time on the clock that due times use. See {@link createSteadyClock}. */
  clock: () => number
}

/**
 * Abort reason when the collector stops. Attempts that are aborted for this reason are repeated after the
 * next start.
 */
export const STOPPED = 'stopped'

// Pause between two transactions, so that each transaction handles more finished attempts and due items.
const TURN_SPACING_MS = 2
const PAUSE_AFTER_FAILURE_MS = 1_000

export function createDeliveryLoop<Claims, Item, Finished>({
  queue,
  name,
  log,
  clock,
}: DeliveryLoopOptions<Claims, Item, Finished>): DeliveryLoop {
  const signal = createLoopSignal()
  const flights = new Set<Flight>()
  let finished: Finished[] = []
  let turning: Promise<void> | undefined
  let isStopping = false
  let isCut = false
  const running = run()

  async function run(): Promise<void> {
    for (;;) {
      const claims = isStopping ? undefined : queue.choose()
      if (claims === undefined && finished.length === 0) {
        if (isStopping && flights.size === 0) return
        await signal.sleepUntil(isStopping ? Infinity : queue.nextAt(), clock)
        continue
      }
      turning = takeTurn(claims)
      const hasFailed = await turning.then(() => false, reportFailure)
      turning = undefined
      if (hasFailed && isStopping) return
      await pause(hasFailed ? PAUSE_AFTER_FAILURE_MS : TURN_SPACING_MS)
    }
  }

  function reportFailure(error: unknown): true {
    log.error({ queue: name, error: describeError(error) }, 'delivery queue failed; will retry')
    return true
  }

  async function takeTurn(claims: Claims | undefined): Promise<void> {
    const writing = finished
    finished = []
    const items = await queue.takeTurn({ finished: writing, claims }).catch((error: unknown) => {
      finished = [...writing, ...finished]
      throw error
    })
    for (const item of items)
      void fly((flight) => queue.attempt(item, flight)).then((result) => {
        finished.push(result)
        signal.wake()
      })
  }

  async function fly<Result>(attempt: (flight: Flight) => Promise<Result>): Promise<Result> {
    let land!: () => void
    const ended = new Promise<void>((resolve) => (land = resolve))
    const flight = { abort: new AbortController(), ended }
    if (isCut) flight.abort.abort(STOPPED)
    flights.add(flight)
    try {
      return await attempt(flight)
    } finally {
      flights.delete(flight)
      // Wait until the result has been added to `finished`, so that a flush includes it.
      setImmediate(land)
      signal.wake()
    }
  }

  return {
    wake: signal.wake,
    fly,
    inFlight: () => flights.size,
    turnEnd: async () => turning?.catch(() => {}),
    async flush() {
      while ((finished.length > 0 || turning) && !isStopping) {
        signal.wake()
        await pause(TURN_SPACING_MS)
      }
    },
    async stop(withinMs) {
      isStopping = true
      signal.wake()
      const timer = setTimeout(() => {
        isCut = true
        abortAll(flights, STOPPED)
      }, withinMs)
      await running
      clearTimeout(timer)
    },
  }
}

export function abortAll(flights: Iterable<Flight>, reason: string): void {
  for (const { abort } of flights) abort.abort(reason)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

interface LoopSignal {
  /** Ends the current sleep. If the loop is awake, its next sleep ends immediately. */
  wake(): void
  /** Sleeps until `clock` reaches a time in milliseconds, or until {@link wake} is called. */
  sleepUntil(at: number, clock: () => number): Promise<void>
}

// Minimum sleep. It avoids a busy loop if a timer fires before the rounded clock shows the due time.
const MIN_SLEEP_MS = 1
// Maximum sleep, because timers support delays of at most about 24 days.
const MAX_SLEEP_MS = 60_000

function createLoopSignal(): LoopSignal {
  let isAwake = false
  let rise: (() => void) | undefined
  return {
    wake() {
      isAwake = true
      rise?.()
    },
    async sleepUntil(at, clock) {
      if (!isAwake)
        await new Promise<void>((resolve) => {
          const timer =
            at === Infinity
              ? undefined
              : setTimeout(resolve, Math.min(MAX_SLEEP_MS, Math.max(MIN_SLEEP_MS, at - clock())))
          rise = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      rise = undefined
      isAwake = false
    },
  }
}

interface Clocks {
  /** Unix time in milliseconds. */
  now: () => number
  /** Monotonic clock, in milliseconds. */
  steadyNow: () => number
}

/**
 * Creates a clock that starts at the current Unix time in milliseconds and then follows the monotonic clock.
 * Later changes of the system clock therefore do not affect retries.
 */
export function createSteadyClock({ now, steadyNow }: Clocks): () => number {
  const [wallStart, steadyStart] = [now(), steadyNow()]
  return () => Math.floor(wallStart + steadyNow() - steadyStart)
}
