import type { SecretBox } from '../control/secrets/secret-box.js'
import type { EgressGuard } from '../egress/guard.js'
import type { AlertStore } from './alert-store.js'
import type { Alert, AlertFields, Destination } from './alert.js'
import type { PlainDestination } from './fields.js'
import { describeTest } from './notify/notification.js'

/** What the routes may do with alerts. Who may do it is theirs to decide. */
export interface AlertManagement {
  /** Whether mails can be sent. */
  hasMail: boolean
  find: AlertStore['findAlert']
  list: AlertStore['listAlerts']
  /** Undefined when the site has as many as it may. `actor` is the id of the key that asks. */
  add(siteId: string, fields: AlertFields, actor: string): Promise<Alert | undefined>
  update(id: string, changes: Partial<AlertFields>, actor: string): Promise<Alert | undefined>
  remove(id: string, actor: string): Promise<boolean>
  listNotifications: AlertStore['listNotifications']
  /** Tells every destination as if it had fired; false when that was done within this minute already. */
  test(alert: Alert): Promise<boolean>
  /** Why a URL may not be called; undefined when it may. */
  findUrlIssue(url: string): string | undefined
  seal(destinations: readonly PlainDestination[]): Destination[]
  /** A destination as its owner sees it: enough to tell it from others. */
  mask(destination: Destination): { type: string; url?: string; address?: string }
  /** So many crossings are stored and to be told. */
  announce(crossings: number): void
}

interface AlertsServices {
  store: AlertStore
  box: SecretBox
  guard: Pick<EgressGuard, 'checkUrl'>
  hasMail: boolean
  /** Looks for notices at once. */
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
}: AlertsServices): AlertManagement {
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

/** Empty when it was sealed with another master key: lists go on, and the notices say why they fail. */
function openOrHide(box: Pick<SecretBox, 'open'>, sealed: string): string {
  try {
    return box.open(sealed)
  } catch {
    return ''
  }
}
