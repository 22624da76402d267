import type { Change } from '../control/change-log.js'
import type { Alert, AlertFields, AlertState, Destination } from './alert.js'
import type { NamedAddresses } from './recipients/recipient-store.js'

/** An event that is sent to the destinations of an alert when the alert fires. */
export interface Trigger {
  /** Unique key of the trigger. A trigger whose key is already stored sends no second notification. */
  key: string
  event: 'alert' | 'traffic_spike'
  /** Unix time in milliseconds. */
  at: number
  /** Event data that is included in webhooks and messages, as plain JSON values. */
  data: Record<string, unknown>
}

/** The result of evaluating an alert for one or more minutes. */
export interface Evaluation {
  /**
   * The alert as it was read before the evaluation. The result is discarded if the alert has changed since
   * then.
   */
  alert: Alert
  state: AlertState
  triggers: Trigger[]
}

/**
 * The state of a notification: `waiting` for an attempt, `in_flight` during an attempt, or finally `done` or
 * `failed`.
 */
export type NotificationState = 'waiting' | 'in_flight' | 'done' | 'failed'

/** `confirmation`: asks an email address of the alert to confirm. The other events are those of triggers. */
export const NOTIFICATION_EVENTS = ['alert', 'traffic_spike', 'confirmation'] as const
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number]

interface QueuedNotification {
  id: number
  alertId: string
  siteId: string
  accountId: string
  destination: Destination
  /** Number of attempts started so far, including the current one. */
  attempts: number
}

/** A trigger that must be delivered to one destination of its alert. */
export interface TriggerNotification extends QueuedNotification, Trigger {}

/** A confirmation mail that must be sent to an email destination of an alert. */
export interface ConfirmationNotification extends QueuedNotification, Omit<Trigger, 'event'> {
  event: 'confirmation'
  /** The encrypted token of the link. */
  data: { sealedToken: string }
}

export type Notification = TriggerNotification | ConfirmationNotification

/** Which notifications to reserve. Times are monotonic times in milliseconds. */
export interface NotificationClaim {
  now: number
  leaseUntil: number
  /** Maximum number of notifications. */
  limit: number
  /** Maximum number of notifications of one account, including those that are already in flight. */
  limitOfAccount: number
  /** Number of notifications in flight by account ID. */
  inFlight: ReadonlyMap<string, number>
}

/** A notification as the API lists it. Times are Unix times in milliseconds. */
export interface ListedNotification extends Pick<QueuedNotification, 'destination' | 'attempts'> {
  event: NotificationEvent
  /** Unix time in milliseconds of the trigger, or when the confirmation mail was queued. */
  at: number
  state: NotificationState
  endedAt: number | null
  /** The error of the last attempt, or null if there was no attempt yet or the attempt succeeded. */
  error: string | null
}

/**
 * The result of an attempt to send a notification. If the result is final, `isDone` tells whether the
 * notification was delivered. Otherwise, the next attempt starts at `retryAt`, a monotonic time in
 * milliseconds.
 */
export type NotificationOutcome =
  { isDone: boolean; at: number; error: string | null } | { retryAt: number; error: string }

/** Stores alerts, their states and their notifications. Each write resolves after it is written to disk. */
export interface AlertStore {
  /**
   * Adds an alert and queues confirmation mails to the given addresses that were never asked. Resolves to
   * undefined if the site already has `MAX_ALERTS_OF_SITE` alerts or does not exist. Rejects with
   * `VALIDATION_ERROR` if its account has `MAX_ALERTS_OF_ACCOUNT` alerts, or with that or
   * `RATE_LIMIT_EXCEEDED` if a limit of mail is reached; the alert is then not added.
   */
  addAlert(
    siteId: string,
    fields: AlertFields,
    change: Change,
    addresses?: NamedAddresses,
  ): Promise<Alert | undefined>
  findAlert(id: string): Promise<Alert | undefined>
  /** Lists the alerts of the given sites, oldest first. */
  listAlerts(siteIds: string[]): Promise<Alert[]>
  /**
   * Changes only the given fields. Changing the condition or reactivating the alert resets its state.
   * Queues confirmation mails like {@link addAlert}. Resolves to undefined if the alert does not exist.
   */
  updateAlert(
    id: string,
    changes: Partial<AlertFields>,
    change: Change,
    addresses?: NamedAddresses,
  ): Promise<Alert | undefined>
  /** Removes an alert and its notifications. Resolves to false if the alert does not exist. */
  removeAlert(id: string, change: Change): Promise<boolean>
  /**
   * Resolves to one encrypted destination of any alert, or undefined if no alert has an encrypted
   * destination.
   */
  findSealedDestination(): Promise<string | undefined>
  /**
   * Makes every alert that has an encrypted destination notify only webhooks. Resolves to the IDs of the
   * changed alerts.
   */
  removeSealedDestinations(change: Change): Promise<string[]>
  /** Lists the active alerts of all sites, except `uptime` alerts, which are never evaluated. */
  listEvaluatedAlerts(): Promise<Alert[]>
  /**
   * Stores evaluations and the notifications of their triggers in one transaction. Skips alerts that were
   * changed or evaluated since they were read. Resolves to the number of new triggers.
   */
  saveEvaluations(evaluations: readonly Evaluation[]): Promise<number>
  /**
   * Stores one notification for each destination of the alert. Resolves to false if the trigger was stored
   * before.
   */
  putNotifications(alert: Alert, trigger: Trigger): Promise<boolean>
  /**
   * Makes notifications due immediately if they would otherwise wait longer than `longestMs` from `now`. This
   * corrects due times at startup if the system clock was set back.
   */
  boundNotifications(bound: { now: number; longestMs: number }): Promise<void>
  /**
   * Reserves due notifications for this process until `leaseUntil`, and increments their `attempts`. Accounts
   * take turns; the notifications of an account are reserved oldest first.
   */
  claimNotifications(claim: NotificationClaim): Promise<Notification[]>
  finishNotification(id: number, outcome: NotificationOutcome): Promise<void>
  /**
   * Resolves to the monotonic time in milliseconds at which the next attempt may start, or undefined if no
   * notification is pending. Ignores notifications that are due at `after` or earlier.
   */
  nextNotificationAt(after?: number): Promise<number | undefined>
  /** Lists the notifications of an alert, newest first. */
  listNotifications(alertId: string, limit: number): Promise<ListedNotification[]>
  /** Deletes notifications that ended before the given Unix time in milliseconds. */
  purgeNotifications(before: number): Promise<void>
}

/** The status of a site that an uptime monitor reported. */
interface SiteStatus {
  siteId: string
  isUp: boolean
  /** Unix time in milliseconds when the status changed, or undefined if the monitor did not report it. */
  changedAt: number | undefined
}

/** Stores the status of each site that uptime monitors report. */
export interface SiteStatusStore {
  /**
   * Stores the status of a site, and a notification for each of its active `uptime` alerts. `describe`
   * creates the trigger of an alert. Ignores a report that is older than the stored status or does not change
   * it. Resolves to undefined if the site does not exist.
   */
  setSiteStatus(
    status: SiteStatus,
    describe: (alert: Alert, at: number) => Trigger,
    now: number,
  ): Promise<{ hasChanged: boolean; triggers: number } | undefined>
}
