import type { Alerts } from '../alerts/service.js'
import type { DuplicateSweep } from '../ingest/commit/duplicate-sweep.js'
import type { SaltRotation } from '../ingest/identify/salts.js'
import type { WebhookEventJob } from '../webhooks/events/job.js'
import type { Webhooks } from '../webhooks/service.js'
import { createHousekeeping, type HousekeepingServices } from './housekeeping.js'
import type { Job } from './job.js'

interface JobSources extends Omit<HousekeepingServices, 'webhooks'> {
  salts: Pick<SaltRotation, 'expiry'>
  duplicates: Pick<DuplicateSweep, 'job'>
  webhooks: Pick<Webhooks, 'refresh' | 'purge'>
  webhookEvents: WebhookEventJob
  alerts: Pick<Alerts, 'evaluation' | 'purge'>
}

/**
 * All background jobs. The two delivery loops (`webhooks/deliver`, `alerts/notify/deliver`) are separate:
 * they sleep until a delivery is due.
 */
export function listJobs({
  salts,
  duplicates,
  webhooks,
  webhookEvents,
  alerts,
  ...housekeeping
}: JobSources): Job[] {
  const { removals, retention, rollups } = createHousekeeping(housekeeping)
  return [
    // Every 2 seconds: reads webhooks changed by other processes, and the size of the backlog.
    webhooks.refresh,
    // Every 10 seconds: evaluates alerts, for each minute that is over.
    alerts.evaluation,
    // Every 15 seconds: publishes session ends, duration goals, high-value visitors, and events left
    // unpublished by a crash.
    webhookEvents,
    // Every minute: deletes events stored twice by two collectors; only where collectors share a store.
    ...(duplicates.job ? [duplicates.job] : []),
    // Every minute: deletes salts older than 48 hours.
    salts.expiry,
    // Every minute: deletes events of removed sites.
    removals,
    // Every minute: creates daily rollups of past days.
    rollups,
    // Every minute: deletes expired deliveries, and their log after 30 days.
    webhooks.purge,
    // Daily, and hourly after a failure: deletes events past the retention of their site.
    retention,
    // Every hour: deletes notifications that ended 30 days ago.
    alerts.purge,
  ]
}
