import type { SecretBox } from '../control/secrets/secret-box.js'
import type { EgressGuard } from '../egress/guard.js'
import type { AlertStore } from './alert-store.js'
import type { Alert, Destination } from './alert.js'
import type { PlainAlertFields, PlainDestination } from './fields.js'
import { describeTest } from './notify/notification.js'
import { normaliseAddress } from './recipients/address.js'
import type { NamedAddresses, RecipientStatus } from './recipients/recipient-store.js'
import type { Recipients } from './recipients/recipients.js'

/** A destination as the API shows it. A Slack URL is shortened to its origin, because the full URL is secret. */
export interface ShownDestination {
  type: Destination['type']
  url?: string
  address?: string
  /** Whether the account may send mail to the address. */
  status?: RecipientStatus
}

/** Operations on alerts. The caller must check permissions first. */
export interface AlertManagement {
  /** Whether a mail server is configured. */
  hasMail: boolean
  find: AlertStore['findAlert']
  list: AlertStore['listAlerts']
  /**
   * Resolves to undefined if the site already has `MAX_ALERTS_OF_SITE` alerts or does not exist. `actor` is
   * the ID of the API key that creates the alert. New email addresses get a confirmation mail. Rejects with
   * `VALIDATION_ERROR` if its account has `MAX_ALERTS_OF_ACCOUNT` alerts, or with that or `RATE_LIMIT_EXCEEDED` if a
   * limit of mail is reached.
   */
  add(siteId: string, fields: PlainAlertFields, actor: string): Promise<Alert | undefined>
  update(id: string, changes: Partial<PlainAlertFields>, actor: string): Promise<Alert | undefined>
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
  /** Returns the API form of a destination, without the status of its address. */
  mask(destination: Destination): ShownDestination
  /** Resolves to the API form of the destinations of each alert. All alerts belong to the account. */
  describeDestinations(accountId: string, alerts: readonly Alert[]): Promise<ShownDestination[][]>
  /**
   * Sends another confirmation mail to each pending address of an alert. Resolves to the number of mails. Rejects
   * with `RATE_LIMIT_EXCEEDED` if a limit is reached.
   */
  askAgain(alert: Alert): Promise<number>
  /** Counts newly stored triggers in the metrics and starts the delivery of their notifications. */
  announce(triggers: number): void
}

interface AlertManagementServices {
  store: AlertStore
  recipients: Pick<Recipients, 'prepare' | 'statusesOf' | 'askAgain'>
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
  recipients,
  box,
  guard,
  hasMail,
  wake,
  announce,
  now,
}: AlertManagementServices): AlertManagement {
  const mask = (destination: Destination): ShownDestination => {
    if (destination.type === 'webhook') return { type: 'webhook' }
    const text = openOrHide(box, destination.sealed)
    return destination.type === 'email'
      ? { type: 'email', address: text }
      : { type: 'slack', url: text && `${new URL(text).origin}/…` }
  }

  /** Encrypts destinations, and prepares the email addresses among them. */
  function seal(destinations: readonly PlainDestination[]): {
    destinations: Destination[]
    addresses: NamedAddresses
  } {
    const mails: { address: string; sealed: string }[] = []
    const sealed = destinations.map((destination): Destination => {
      if (destination.type === 'webhook') return destination
      if (destination.type === 'slack') return { type: 'slack', sealed: box.seal(destination.url) }
      const mail = { address: destination.address, sealed: box.seal(destination.address) }
      mails.push(mail)
      return { type: 'email', sealed: mail.sealed }
    })
    return { destinations: sealed, addresses: recipients.prepare(mails) }
  }

  return {
    hasMail,
    announce,
    find: store.findAlert,
    list: store.listAlerts,
    async add(siteId, fields, actor) {
      const { destinations, addresses } = seal(fields.destinations)
      const alert = await store.addAlert(siteId, { ...fields, destinations }, { actor, at: now() }, addresses)
      wake()
      return alert
    },
    async update(id, { destinations: plain, ...changes }, actor) {
      const sealed = plain && seal(plain)
      const alert = await store.updateAlert(
        id,
        { ...changes, ...(sealed && { destinations: sealed.destinations }) },
        { actor, at: now() },
        sealed?.addresses,
      )
      wake()
      return alert
    },
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
    mask,
    async describeDestinations(accountId, alerts) {
      const masked = alerts.map(({ destinations }) => destinations.map(mask))
      const addresses = masked.flat().flatMap(({ address }) => address ?? [])
      const statuses = await recipients.statusesOf(accountId, addresses)
      return masked.map((destinations) =>
        destinations.map((destination) =>
          destination.address === undefined
            ? destination
            : { ...destination, status: statuses.get(normaliseAddress(destination.address))! },
        ),
      )
    },
    async askAgain({ id, destinations }) {
      const mails = destinations.flatMap((destination) =>
        destination.type === 'email'
          ? { address: openOrHide(box, destination.sealed), sealed: destination.sealed }
          : [],
      )
      const queued = await recipients.askAgain(
        id,
        mails.filter(({ address }) => address !== ''),
      )
      wake()
      return queued
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
