import type { Change } from '../control/change-log.js'
import type { Alert, AlertFields, AlertState, Destination } from './alert.js'

/** A moment at which an alert fired, as it is told. */
export interface Trigger {
  /** The same whenever the same crossing is found again: it is told once. */
  key: string
  event: 'alert' | 'traffic_spike'
  /** ms since the epoch. */
  at: number
  /** Plain JSON. */
  data: Record<string, unknown>
}

/** What became of an alert in the minutes that were judged. */
export interface Evaluation {
  /** As it was when it was judged. */
  alert: Alert
  state: AlertState
  triggers: Trigger[]
}

/** `waiting` for its next attempt; `in_flight` under a lease. The others are final. */
export type NotificationState = 'waiting' | 'in_flight' | 'done' | 'failed'

/** A crossing on its way to one destination. */
export interface Notification extends Trigger {
  id: number
  alertId: string
  siteId: string
  destination: Destination
  /** Attempts that were started, this one too. */
  attempts: number
}

/** A notice as its owner sees it. Times are ms since the epoch. */
export interface ListedNotification extends Pick<Notification, 'at' | 'event' | 'destination' | 'attempts'> {
  state: NotificationState
  endedAt: number | null
  /** Why the last attempt failed; null when none did. */
  error: string | null
}

/** How an attempt ended: for good, with `isDone` saying how, or with another attempt at `retryAt`, by the sender's clock. */
export type NotificationOutcome =
  { isDone: boolean; at: number; error: string | null } | { retryAt: number; error: string }

/** Where alerts, their state and their notices live. Whatever is put resolves when it is on the disk. */
export interface AlertStore {
  /** Undefined when the site has `MAX_ALERTS_OF_SITE` already, or is gone. */
  addAlert(siteId: string, fields: AlertFields, change: Change): Promise<Alert | undefined>
  findAlert(id: string): Promise<Alert | undefined>
  /** Of these sites, oldest first. */
  listAlerts(siteIds: string[]): Promise<Alert[]>
  /** Changes the named fields; with another condition, or made active again, it begins anew. Undefined when there is no such alert. */
  updateAlert(id: string, changes: Partial<AlertFields>, change: Change): Promise<Alert | undefined>
  /** Removes it with its notices; false when there is none. */
  removeAlert(id: string, change: Change): Promise<boolean>
  /** A sealed destination of any one alert; undefined when there is none. */
  findSealedDestination(): Promise<string | undefined>
  /** Takes sealed destinations out of all alerts; without another an alert tells webhooks. The ids of those that had one. */
  removeSealedDestinations(change: Change): Promise<string[]>
  /** The active alerts of every site that go by figures. */
  listEvaluatedAlerts(): Promise<Alert[]>
  /** Keeps all verdicts with a notice for every destination of each crossing, in one transaction; those of alerts that somebody else judged or changed meanwhile are left out. How many crossings are told with that. */
  saveEvaluations(verdicts: readonly Evaluation[]): Promise<number>
  /** Puts a notice for every destination; false when the crossing was told already. */
  putNotifications(alert: Alert, crossing: Trigger): Promise<boolean>
  /** No notice is due later than `longestMs` from `now`, or it is at once: for a start with a clock that was set back. */
  boundNotifications(bound: { now: number; longestMs: number }): Promise<void>
  /** Starts an attempt of the notices that are due, the oldest first, each under a lease that ends at `leaseUntil`. Times are those of the sender's clock. */
  claimNotifications(claim: { now: number; leaseUntil: number; limit: number }): Promise<Notification[]>
  finishNotification(id: number, outcome: NotificationOutcome): Promise<void>
  /** When the next attempt may start, by the sender's clock; undefined when nothing waits. */
  nextNotificationAt(): Promise<number | undefined>
  /** The newest of an alert, newest first. */
  listNotifications(alertId: string, limit: number): Promise<ListedNotification[]>
  /** Forgets the notices that ended before a moment. */
  purgeNotifications(before: number): Promise<void>
}

/** Whether a site is up, as its monitor reports. */
interface SiteStatus {
  siteId: string
  isUp: boolean
  /** When it changed, ms since the epoch; undefined when nobody said. */
  toldAt: number | undefined
}

/** Where the reports of uptime monitors live. */
export interface SiteStatusStore {
  /**
   * Keeps whether a site is up, and puts the notices of its active alerts on `uptime`, as `describe` tells them. Nothing changes when that is known
   * already, or something newer is; undefined when there is no such site.
   */
  setSiteStatus(
    status: SiteStatus,
    describe: (alert: Alert, at: number) => Trigger,
    now: number,
  ): Promise<{ hasChanged: boolean; crossings: number } | undefined>
}
