import type { Logger } from 'pino'
import { DAY_MS } from '../../durations.js'
import { ApiError, describeError } from '../../errors.js'

/** Where the daily salts of cookieless visitors live: apart from everything that is backed up. Days are UTC, `YYYY-MM-DD`. */
export interface SaltStore {
  /** The salt of a day, 32 random bytes, the same for every collector that shares the store; made when there is none. */
  saltOf(day: string): Promise<Buffer>
  /** The salt of a day, unless there is none. */
  findSalt(day: string): Promise<Buffer | undefined>
  /** Deletes the salts of the days before `day` for good. */
  deleteBefore(day: string): Promise<void>
}

/** The salts that a moment may need. */
export interface DaySalts {
  /** UTC, `YYYY-MM-DD`. */
  day: string
  current: Buffer
  /** Of the day before, when a visitor came then. */
  previous: Buffer | undefined
}

export interface SaltRotation {
  /** The salts at `now` (ms since the epoch): at once, unless the day is new. Rejects with `STORE_UNAVAILABLE`. */
  at(now: number): DaySalts | Promise<DaySalts>
  /** Deletes what is older than 48 hours now and at every midnight, whether events come or not. */
  start(): Promise<void>
  stop(): void
}

// How far behind midnight a salt is deleted at most.
const CHECK_MS = 60_000
const RETRY_AFTER_S = 5

/** Hands out the salts of the day and the one before, and deletes all others: 48 hours after its day began, a salt is gone. */
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
  let timer: NodeJS.Timeout | undefined

  async function load(time: number): Promise<DaySalts> {
    const day = dayOf(time)
    try {
      const [current, previous] = await Promise.all([store.saltOf(day), store.findSalt(dayOf(time - DAY_MS))])
      return (loaded = { day, current, previous })
    } catch (error) {
      log.error({ error: describeError(error) }, 'the salt of the day cannot be read')
      throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S, cause: error })
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
    async start() {
      await deleteExpired()
      timer = setInterval(() => {
        deleteExpired().catch((error: unknown) =>
          log.error(
            { error: describeError(error) },
            'expired salts were not deleted; they are tried again in a minute',
          ),
        )
      }, CHECK_MS).unref()
    },
    stop: () => clearInterval(timer),
  }
}

let lastDay = NaN
let lastText = ''

/** For every event, so the text of the last day is kept. */
function dayOf(ms: number): string {
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDay = day
    lastText = new Date(ms).toISOString().slice(0, 10)
  }
  return lastText
}
