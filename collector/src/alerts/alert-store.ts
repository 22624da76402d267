import type { Change } from '../control/change-log.js'
import type { Alert, AlertFields, AlertState, Destination } from './alert.js'

/** A firing of an alert, as published to its destinations. */
export interface Trigger {
  /** Identifies the trigger: storing it again sends no second notification. */
  key: string
  event: 'alert' | 'traffic_spike'
  /** ms since the epoch. */
  at: number
  /** The data of the event, as plain JSON values. */
  data: Record<string, unknown>
}

/** The result of evaluating an alert over some minutes. */
export interface Evaluation {
  /** The alert as read for the evaluation. The result is discarded if the alert has changed since. */
  alert: Alert
  state: AlertState
  triggers: Trigger[]
}

/**
 * The state of a notification: `waiting` for an attempt, or `in_flight` under a lease; the others are final.
 */
export type NotificationState = 'waiting' | 'in_flight' | 'done' | 'failed'

/** A trigger to deliver to one destination. */
export interface Notification extends Trigger {
  id: number
  alertId: string
  siteId: string
  destination: Destination
  /** Attempts started so far, including this one. */
  attempts: number
}

/** A notification in the API. Times are ms since the epoch. */
export interface ListedNotification extends Pick<Notification, 'at' | 'event' | 'destination' | 'attempts'> {
  state: NotificationState
  endedAt: number | null
  /** The error of the last attempt; null if it succeeded. */
  error: string | null
}

/**
 * The result of an attempt: final (`isDone` means delivered), or to be retried at `retryAt`, by the steady
 * clock.
 */
export type NotificationOutcome =
  { isDone: boolean; at: number; error: string | null } | { retryAt: number; error: string }

/** Stores alerts, their state and their notifications. Writes resolve when they are on the disk. */
export interface AlertStore {
  /** Resolves to undefined when the site has `MAX_ALERTS_OF_SITE` already or does not exist. */
  addAlert(siteId: string, fields: AlertFields, change: Change): Promise<Alert | undefined>
  findAlert(id: string): Promise<Alert | undefined>
  /** Alerts of these sites, oldest first. */
  listAlerts(siteIds: string[]): Promise<Alert[]>
  /**
   * Changes the given fields; a changed condition or reactivation resets the state. Resolves to undefined
   * when there is no such alert.
   */
  updateAlert(id: string, changes: Partial<AlertFields>, change: Change): Promise<Alert | undefined>
  /** Also removes its notifications. Resolves to false when there is no such alert. */
  removeAlert(id: string, change: Change): Promise<boolean>
  /** The sealed destination of any alert; undefined without any. */
  findSealedDestination(): Promise<string | undefined>
  /**
   * Removes sealed destinations from all alerts; an alert left without destinations notifies webhooks.
   * Resolves to the ids of the changed alerts.
   */
  removeSealedDestinations(change: Change): Promise<string[]>
  /** Active alerts of every site on measured metrics. */
  listEvaluatedAlerts(): Promise<Alert[]>
  /**
   * Stores evaluations and the notifications of their triggers in one transaction, skipping alerts that were
   * changed or evaluated elsewhere meanwhile. Resolves to the number of new triggers.
   */
  saveEvaluations(evaluations: readonly Evaluation[]): Promise<number>
  /** Stores a notification per destination. Resolves to false when the trigger is known already. */
  putNotifications(alert: Alert, trigger: Trigger): Promise<boolean>
  /**
   * Makes notifications due that would wait longer than `longestMs` from `now`, for a start after the clock
   * was set back.
   */
  boundNotifications(bound: { now: number; longestMs: number }): Promise<void>
  /**
   * Leases due notifications until `leaseUntil`, oldest first, and counts an attempt for each. Times are of
   * the steady clock.
   */
  claimNotifications(claim: { now: number; leaseUntil: number; limit: number }): Promise<Notification[]>
  finishNotification(id: number, outcome: NotificationOutcome): Promise<void>
  /** The time when the next attempt may start, by the steady clock; undefined when none waits. */
  nextNotificationAt(): Promise<number | undefined>
  /** Lists the newest first. */
  listNotifications(alertId: string, limit: number): Promise<ListedNotification[]>
  /** Deletes notifications that ended before a moment, ms since the epoch. */
  purgeNotifications(before: number): Promise<void>
}

/** A report of an uptime monitor. */
interface SiteStatus {
  siteId: string
  isUp: boolean
  /** The time when the status changed, ms since the epoch; undefined if not reported. */
  changedAt: number | undefined
}

/** Stores the reports of uptime monitors. */
export interface SiteStatusStore {
  /**
   * Stores the status of a site and notifications of its active `uptime` alerts, described by `describe`.
   * Ignores a status that is known already or older than the known one. Resolves to undefined when there is
   * no such site.
   */
  setSiteStatus(
    status: SiteStatus,
    describe: (alert: Alert, at: number) => Trigger,
    now: number,
  ): Promise<{ hasChanged: boolean; triggers: number } | undefined>
}
