import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import type { EventStore } from '../ingest/event-store.js'
import type { Rollups } from '../reports/rollup-store.js'
import { type Erase, finishRemovals } from './erase.js'
import { deleteExpired } from './expire-events.js'
import type { Job } from './job.js'

export interface HousekeepingServices {
  control: Pick<ControlStore, 'listSites' | 'listRemovals' | 'finishRemoval'>
  events: Pick<EventStore, 'delete'>
  erase: Erase
  rollups: Pick<Rollups, 'rollUp'>
  log: Pick<FastifyBaseLogger, 'info'>
  /** Returns the current Unix time in milliseconds. @default Date.now */
  now?: () => number
}

const INTERVAL_MS = 60_000
const RETENTION_INTERVAL_MS = 24 * 60 * 60 * 1000
const RETENTION_RETRY_MS = 60 * 60 * 1000
const ROLL_UP_FOR_MS = 30_000

/**
 * Creates the jobs that maintain stored events. `removals` and `rollups` run every minute. `retention` runs
 * after one minute and then once a day, or an hour after a failure.
 */
export function createHousekeeping({
  control,
  events,
  erase,
  rollups,
  log,
  now = Date.now,
}: HousekeepingServices): Record<'removals' | 'retention' | 'rollups', Job> {
  let retentionDueAt = -Infinity

  return {
    removals: {
      name: 'site-removals',
      everyMs: INTERVAL_MS,
      run: (signal) => finishRemovals({ control, erase, now: now() }, signal),
    },
    // The job checks every minute whether it is due, because its due time follows the system clock, which may
    // change.
    retention: {
      name: 'retention',
      everyMs: INTERVAL_MS,
      async run(signal) {
        const startedAt = now()
        // If the due time is more than a day ahead, the system clock was set back, and the job runs now.
        if (startedAt < retentionDueAt && retentionDueAt - startedAt <= RETENTION_INTERVAL_MS) return
        retentionDueAt = startedAt + RETENTION_RETRY_MS
        const sites = await control.listSites()
        for await (const { before, isDone, ...expiry } of deleteExpired(sites, events, startedAt)) {
          log.info(
            { ...expiry, before: new Date(before).toISOString(), done: isDone },
            expiry.events > 0 ? 'deleted events past their retention' : 'no events past their retention',
          )
          if (signal.aborted) return
        }
        retentionDueAt = startedAt + RETENTION_INTERVAL_MS
      },
    },
    rollups: {
      name: 'rollups',
      everyMs: INTERVAL_MS,
      async run() {
        const { rolledUpDays, isDone } = await rollups.rollUp({ forMs: ROLL_UP_FOR_MS })
        if (rolledUpDays > 0) log.info({ days: rolledUpDays, done: isDone }, 'rolled up days')
      },
    },
  }
}
