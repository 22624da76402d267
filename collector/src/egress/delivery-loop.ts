import type { Logger } from 'pino'
import { describeError } from '../errors.js'

/** An attempt under way. */
export interface Flight {
  abort: AbortController
  /** Resolves when the attempt is over and its result is about to be stored. */
  ended: Promise<void>
}

/** A persistent queue, and the way to send its items. */
export interface DeliveryQueue<Claims, Item, Finished> {
  /** The claims of the next turn; undefined when nothing may start. */
  choose(): Claims | undefined
  /** The time when {@link choose} may return more, by `clock`; Infinity means not before a wake. */
  nextAt(): number
  /** Stores finished attempts and leases items. On failure `finished` is passed again. */
  takeTurn(turn: { finished: Finished[]; claims: Claims | undefined }): Promise<Item[]>
  /** Sends an item and decides whether to retry it. Never rejects. */
  attempt(item: Item, flight: Flight): Promise<Finished>
}

/** Leases items of a queue when they are due, sends them and stores the results. */
export interface DeliveryLoop {
  /** Signals that {@link DeliveryQueue.choose} may return more. */
  wake(): void
  /** Runs an attempt outside the queue; a stop waits for it and cuts it like the others. */
  fly<Result>(attempt: (flight: Flight) => Promise<Result>): Promise<Result>
  inFlight(): number
  /** Resolves when the turn under way, if any, has started its attempts. */
  turnEnd(): Promise<void>
  /** Resolves when attempts that ended by now are stored, or when the loop stops. */
  flush(): Promise<void>
  /**
   * Starts nothing more and aborts attempts after `withinMs` with {@link STOPPED}, and resolves when their
   * results are stored.
   */
  stop(withinMs: number): Promise<void>
}

interface DeliveryLoopOptions<Claims, Item, Finished> {
  queue: DeliveryQueue<Claims, Item, Finished>
  /** The name in log lines: `webhooks`, `notifications`. */
  name: string
  log: Pick<Logger, 'error'>
  /** The clock, in ms; see {@link createSteadyClock}. */
  clock: () => number
}

/**
 * Reason of the abort signal when the collector stops: the attempt does not count and is repeated after the
 * next start.
 */
export const STOPPED = 'stopped'

// Attempts that end and items that become due meanwhile share the next turn.
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
      // This follows the result's entry into `finished`, so that a flush stores it.
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
  /** Ends the sleep or, when the loop is awake, the next one. */
  wake(): void
  /** Sleeps until a time of that clock, in ms, or until woken. */
  sleepUntil(at: number, clock: () => number): Promise<void>
}

// A timer may fire while a clock of whole milliseconds still shows the one before.
const MIN_SLEEP_MS = 1
// A timer holds at most 24 days; waking once a minute costs nothing.
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
  /** ms since the epoch. */
  now: () => number
  /** ms of a clock that never steps. */
  steadyNow: () => number
}

/**
 * ms since the epoch at creation, advancing steadily: setting the wall clock makes no retry early or late.
 */
export function createSteadyClock({ now, steadyNow }: Clocks): () => number {
  const [wallStart, steadyStart] = [now(), steadyNow()]
  return () => Math.floor(wallStart + steadyNow() - steadyStart)
}
