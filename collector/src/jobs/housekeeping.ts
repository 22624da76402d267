import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import { describeError } from '../errors.js'
import type { EventStore } from '../ingest/event-store.js'
import type { Rollups } from '../reports/rollup-store.js'
import type { Webhooks } from '../webhooks/service.js'
import { type Erase, finishRemovals } from './erase.js'
import { deleteExpired } from './expire-events.js'

interface Housekeeping {
  /** Does what is due. Never rejects, and never runs twice at once. Meant to be called every {@link HOUSEKEEPING_INTERVAL_MS}. */
  tick(): Promise<void>
}

interface HousekeepingServices {
  control: Pick<ControlStore, 'listSites' | 'listRemovals' | 'finishRemoval'>
  events: Pick<EventStore, 'delete'>
  erase: Erase
  settling: Pick<Rollups, 'rollUp'>
  webhooks: Pick<Webhooks, 'tidy'>
  log: Pick<FastifyBaseLogger, 'info' | 'error'>
  /** ms since the epoch. @default Date.now */
  now?: () => number
}

export const HOUSEKEEPING_INTERVAL_MS = 60_000
const RETENTION_INTERVAL_MS = 24 * 60 * 60 * 1000
const RETRY_AFTER_MS = 60 * 60 * 1000
const SETTLE_FOR_MS = 30_000

/**
 * Deletes events past their retention, at the first tick and then daily, and those of removed sites; settles days and tidies the outbox of webhooks at every tick.
 * What fails is logged and tried again, retention in an hour.
 */
export function createHousekeeping({
  control,
  events,
  erase,
  settling,
  webhooks,
  log,
  now = Date.now,
}: HousekeepingServices): Housekeeping {
  let retentionDueAt = -Infinity
  let running: Promise<void> | undefined

  async function keepRetention(): Promise<void> {
    const startedAt = now()
    // Further away it can only be because the clock was set back.
    if (startedAt < retentionDueAt && retentionDueAt - startedAt <= RETENTION_INTERVAL_MS) return
    retentionDueAt = startedAt + RETRY_AFTER_MS
    for await (const { before, isDone, ...expiry } of deleteExpired(
      await control.listSites(),
      events,
      startedAt,
    ))
      log.info(
        { ...expiry, before: new Date(before).toISOString(), done: isDone },
        expiry.events > 0 ? 'events past their retention are deleted' : 'no event is past its retention',
      )
    retentionDueAt = startedAt + RETENTION_INTERVAL_MS
  }

  async function settleDays(): Promise<void> {
    const { settled, isDone } = await settling.rollUp({ forMs: SETTLE_FOR_MS })
    if (settled > 0) log.info({ settled, done: isDone }, 'days of sites are settled')
  }

  const attempt = (task: string, run: Promise<void>) =>
    run.catch((error: unknown) =>
      log.error({ task, error: describeError(error) }, 'housekeeping failed; it is tried again'),
    )

  return {
    tick: () =>
      (running ??= (async () => {
        await attempt('removed sites', finishRemovals(control, erase, now()))
        await attempt('retention', keepRetention())
        await attempt('settled days', settleDays())
        await attempt('webhooks', webhooks.tidy())
        running = undefined
      })()),
  }
}
