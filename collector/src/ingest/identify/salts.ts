import type { Logger } from 'pino'
import { DAY_MS, MINUTE_MS } from '../../durations.js'
import { describeError, storeUnavailable } from '../../errors.js'

/**
 * Store for the daily salts of cookieless visitors. It is separate from all data that is backed up. Days are
 * UTC dates in the format `YYYY-MM-DD`.
 */
export interface SaltStore {
  /**
   * Returns the salt of a day, which consists of 32 random bytes. If the salt does not exist, it is created.
   * All collectors that share the store receive the same salt.
   */
  saltOf(day: string): Promise<Buffer>
  /** Returns the salt of a day, or undefined if it does not exist. */
  findSalt(day: string): Promise<Buffer | undefined>
  /** Permanently deletes the salts of all days before `day`. */
  deleteBefore(day: string): Promise<void>
}

/** The salts that are used on one day. */
export interface DaySalts {
  /** UTC date in the format `YYYY-MM-DD`. */
  day: string
  current: Buffer
  /** The salt of the previous day, or undefined if that day had no cookieless visitors. */
  previous: Buffer | undefined
}

export interface SaltRotation {
  /**
   * Returns the salts for the time `now` (Unix time in milliseconds). Returns a promise if the salts of that
   * day are not loaded yet. The promise rejects with `STORE_UNAVAILABLE` if the salts cannot be read.
   */
  at(now: number): DaySalts | Promise<DaySalts>
  /**
   * Background job that deletes each salt 48 hours after the start of its day, even if no events arrive. Run
   * it once at startup and await that run.
   */
  expiry: { name: string; everyMs: number; run(): Promise<void> }
}

// Maximum delay between midnight UTC and the deletion of a salt.
const CHECK_MS = MINUTE_MS

/**
 * Creates a salt rotation, which provides the salts of today and yesterday. Each salt is deleted 48 hours
 * after the start of its day.
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

/**
 * Returns the UTC date of a Unix time. The last result is cached, because this function runs for every event.
 */
function dayOf(ms: number): string {
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDay = day
    lastText = new Date(ms).toISOString().slice(0, 10)
  }
  return lastText
}
