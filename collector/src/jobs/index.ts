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
 * Lists all background jobs. The deliveries of webhooks and notifications are not included, because they do
 * not run at a fixed interval.
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
    // Every 2 seconds: reads the webhooks that other processes changed, and the size of the backlog.
    webhooks.refresh,
    // Every 10 seconds: evaluates alerts for each minute that has ended.
    alerts.evaluation,
    // Every 15 seconds: publishes session ends, duration goals and high-value visitors to webhooks, and also
    // events that a crash left unpublished.
    webhookEvents,
    // Every minute, if collectors share a store: deletes duplicates of events that two collectors stored.
    ...(duplicates.job ? [duplicates.job] : []),
    // Every minute: deletes each salt 48 hours after the start of its day.
    salts.expiry,
    // Every minute: deletes the events of removed sites.
    removals,
    // Every minute: creates the daily rollups, which store the visits of past days.
    rollups,
    // Every minute: cancels deliveries that are overdue by a day, and deletes ended deliveries and log
    // entries after 30 days.
    webhooks.purge,
    // Daily, or an hour after a failure: deletes events that are past the retention of their site.
    retention,
    // Every hour: deletes notifications that ended more than 30 days ago.
    alerts.purge,
  ]
}
