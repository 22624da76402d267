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
 * Everything that runs unasked, except the two delivery loops, which sleep until a delivery is due:
 * `webhooks/deliver` and `alerts/notify/deliver`.
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
    // Every 2 seconds: webhooks changed by other processes, size of the backlog.
    webhooks.refresh,
    // Every 10 seconds: alerts, for each minute that is over.
    alerts.evaluation,
    // Every 15 seconds: session ends, duration goals, high-value visitors, events left unpublished by a
    // crash.
    webhookEvents,
    // Every minute: events stored twice by two collectors; only where collectors share a store.
    ...(duplicates.job ? [duplicates.job] : []),
    // Every minute: salts older than 48 hours.
    salts.expiry,
    // Every minute: events of removed sites.
    removals,
    // Every minute: daily rollups of past days.
    rollups,
    // Every minute: expired deliveries, and their log after 30 days.
    webhooks.purge,
    // Daily, after a failure hourly: events past the retention of their site.
    retention,
    // Every hour: notifications that ended 30 days ago.
    alerts.purge,
  ]
}
