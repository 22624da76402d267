import type { Logger } from 'pino'
import { DAY_MS, MINUTE_MS } from '../../durations.js'
import { describeError, storeUnavailable } from '../../errors.js'

/**
 * Store of the daily salts for cookieless visitors, separate from all data that is backed up. Days are UTC,
 * `YYYY-MM-DD`.
 */
export interface SaltStore {
  /**
   * The salt of a day, 32 random bytes, created if missing; the same for all collectors that share the store.
   */
  saltOf(day: string): Promise<Buffer>
  /** The salt of a day, if it exists. */
  findSalt(day: string): Promise<Buffer | undefined>
  /** Deletes the salts of all days before `day` for good. */
  deleteBefore(day: string): Promise<void>
}

/** The salts in use on a day. */
export interface DaySalts {
  /** The day in UTC, `YYYY-MM-DD`. */
  day: string
  current: Buffer
  /** The salt of the day before, if there were cookieless visitors. */
  previous: Buffer | undefined
}

export interface SaltRotation {
  /**
   * The salts at `now` (ms since the epoch); synchronous except for the first call of a day. Rejects with
   * `STORE_UNAVAILABLE`.
   */
  at(now: number): DaySalts | Promise<DaySalts>
  /**
   * Background job: deletes salts older than 48 hours, also while no events arrive. Await one run before the
   * start.
   */
  expiry: { name: string; everyMs: number; run(): Promise<void> }
}

// The longest delay from midnight to the deletion of a salt.
const CHECK_MS = MINUTE_MS

/**
 * Provides the salts of today and yesterday and deletes older ones: a salt lives 48 hours from the start of
 * its day.
 */
export function createSaltRotation({
  store,
  log,
  now = Date.now,
}: {
  store: SaltStore
  log: Logger
  now?: () => number
}): SaltRotation {
  let loaded: DaySalts | undefined
  let loading: { day: string; salts: Promise<DaySalts> } | undefined
  let cleanDay: string | undefined

  async function load(time: number): Promise<DaySalts> {
    const day = dayOf(time)
    try {
      const [current, previous] = await Promise.all([store.saltOf(day), store.findSalt(dayOf(time - DAY_MS))])
      return (loaded = { day, current, previous })
    } catch (error) {
      log.error({ error: describeError(error) }, 'cannot read the salt of the day')
      throw storeUnavailable({ cause: error })
    }
  }

  async function deleteExpired(): Promise<void> {
    const day = dayOf(now())
    if (cleanDay === day) return
    if (loaded?.day !== day) loaded = undefined
    await store.deleteBefore(dayOf(now() - DAY_MS))
    cleanDay = day
  }

  return {
    at(time) {
      const day = dayOf(time)
      if (loaded?.day === day) return loaded
      if (loading?.day !== day) {
        const salts = load(time).finally(() => (loading = undefined))
        loading = { day, salts }
      }
      return loading.salts
    },
    expiry: { name: 'salt-expiry', everyMs: CHECK_MS, run: deleteExpired },
  }
}

let lastDay = NaN
let lastText = ''

/** Runs for every event, so the last result is cached. */
function dayOf(ms: number): string {
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDay = day
    lastText = new Date(ms).toISOString().slice(0, 10)
  }
  return lastText
}
