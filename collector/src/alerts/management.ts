import type { SecretBox } from '../control/secrets/secret-box.js'
import type { EgressGuard } from '../egress/guard.js'
import type { AlertStore } from './alert-store.js'
import type { Alert, AlertFields, Destination } from './alert.js'
import type { PlainDestination } from './fields.js'
import { describeTest } from './notify/notification.js'

/** Alert management behind the routes, which check permissions. */
export interface AlertManagement {
  /** Whether a mail server is configured. */
  hasMail: boolean
  find: AlertStore['findAlert']
  list: AlertStore['listAlerts']
  /**
   * Resolves to undefined when the site has `MAX_ALERTS_OF_SITE` already. `actor` is the id of the API key.
   */
  add(siteId: string, fields: AlertFields, actor: string): Promise<Alert | undefined>
  update(id: string, changes: Partial<AlertFields>, actor: string): Promise<Alert | undefined>
  remove(id: string, actor: string): Promise<boolean>
  listNotifications: AlertStore['listNotifications']
  /**
   * Notifies every destination as if the alert had fired; resolves to false when already done within this
   * minute.
   */
  test(alert: Alert): Promise<boolean>
  /** The reason why a URL may not be called; undefined when it may. */
  findUrlIssue(url: string): string | undefined
  seal(destinations: readonly PlainDestination[]): Destination[]
  /** A destination as shown in the API, shortened to be recognisable. */
  mask(destination: Destination): { type: string; url?: string; address?: string }
  /** Counts stored triggers and delivers their notifications. */
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
  /** ms since the epoch. */
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
 * Returns an empty text when it was sealed with another master key: lists still work, and notifications
 * report the error.
 */
function openOrHide(box: Pick<SecretBox, 'open'>, sealed: string): string {
  try {
    return box.open(sealed)
  } catch {
    return ''
  }
}
