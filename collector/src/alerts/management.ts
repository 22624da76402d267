import type { SecretBox } from '../control/secrets/secret-box.js'
import type { EgressGuard } from '../egress/guard.js'
import type { AlertStore } from './alert-store.js'
import type { Alert, AlertFields, Destination } from './alert.js'
import type { PlainDestination } from './fields.js'
import { describeTest } from './notify/notification.js'

/** Operations on alerts. The caller must check permissions first. */
export interface AlertManagement {
  /** Whether a mail server is configured. */
  hasMail: boolean
  find: AlertStore['findAlert']
  list: AlertStore['listAlerts']
  /**
   * Resolves to undefined if the site already has `MAX_ALERTS_OF_SITE` alerts or does not exist. `actor` is
   * the ID of the API key that creates the alert.
   */
  add(siteId: string, fields: AlertFields, actor: string): Promise<Alert | undefined>
  update(id: string, changes: Partial<AlertFields>, actor: string): Promise<Alert | undefined>
  remove(id: string, actor: string): Promise<boolean>
  listNotifications: AlertStore['listNotifications']
  /**
   * Sends a test notification to every destination of an alert. Resolves to false if the alert was already
   * tested within the current minute.
   */
  test(alert: Alert): Promise<boolean>
  /**
   * Returns the reason why the collector must not send requests to a URL, or undefined if the URL is allowed.
   */
  findUrlIssue(url: string): string | undefined
  seal(destinations: readonly PlainDestination[]): Destination[]
  /**
   * Returns the API form of a destination. A Slack URL is shortened to its origin, because the full URL is
   * secret.
   */
  mask(destination: Destination): { type: string; url?: string; address?: string }
  /** Counts newly stored triggers in the metrics and starts the delivery of their notifications. */
  announce(triggers: number): void
}

interface AlertManagementServices {
  store: AlertStore
  box: SecretBox
  guard: Pick<EgressGuard, 'checkUrl'>
  hasMail: boolean
  /** Starts the delivery of stored notifications. */
  wake: () => void
  announce: AlertManagement['announce']
  /** Returns the Unix time in milliseconds. */
  now: () => number
}

export function createAlertManagement({
  store,
  box,
  guard,
  hasMail,
  wake,
  announce,
  now,
}: AlertManagementServices): AlertManagement {
  return {
    hasMail,
    announce,
    find: store.findAlert,
    list: store.listAlerts,
    add: (siteId, fields, actor) => store.addAlert(siteId, fields, { actor, at: now() }),
    update: (id, changes, actor) => store.updateAlert(id, changes, { actor, at: now() }),
    remove: (id, actor) => store.removeAlert(id, { actor, at: now() }),
    listNotifications: store.listNotifications,
    async test(alert) {
      const isNew = await store.putNotifications(alert, describeTest(alert, now()))
      if (isNew) wake()
      return isNew
    },
    findUrlIssue(url) {
      const checked = guard.checkUrl(url)
      return 'refusal' in checked ? checked.refusal : undefined
    },
    seal: (destinations) =>
      destinations.map((destination) =>
        destination.type === 'webhook'
          ? destination
          : {
              type: destination.type,
              sealed: box.seal(destination.type === 'slack' ? destination.url : destination.address),
            },
      ),
    mask(destination) {
      if (destination.type === 'webhook') return { type: 'webhook' }
      const text = openOrHide(box, destination.sealed)
      return destination.type === 'email'
        ? { type: 'email', address: text }
        : { type: 'slack', url: text && `${new URL(text).origin}/…` }
    },
  }
}

/**
 * Decrypts a destination. Returns an empty string if the destination was encrypted with another master key,
 * so that alerts can still be listed.
 */
function openOrHide(box: Pick<SecretBox, 'open'>, sealed: string): string {
  try {
    return box.open(sealed)
  } catch {
    return ''
  }
}
