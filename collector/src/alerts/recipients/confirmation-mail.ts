import { DAY_MS } from '../../durations.js'
import type { ConfirmationNotification } from '../alert-store.js'
import type { Mail } from '../notify/mail.js'
import { CONFIRMATION_EXPIRES_MS } from './limits.js'

interface ConfirmationLinks {
  /** Public URL of the collector. */
  publicUrl: string
  confirmUrl: string
  unsubscribeUrl: string
}

/**
 * Writes the mail that asks an address to confirm. It goes to people who may never have heard of the account, so
 * it contains no text that the account could write: no name of an alert, site or account, and no domain.
 */
export function buildConfirmationMail(
  { id, alertId, siteId, at }: Pick<ConfirmationNotification, 'id' | 'alertId' | 'siteId' | 'at'>,
  to: string,
  { publicUrl, confirmUrl, unsubscribeUrl }: ConfirmationLinks,
): Mail {
  const { host } = new URL(publicUrl)
  return {
    to,
    subject: `Confirm your address for alerts from ${host}`,
    text: [
      `An alert of the web analytics at ${host} names this address.`,
      '',
      `To receive its mails, open this link within ${CONFIRMATION_EXPIRES_MS / DAY_MS} days and confirm:`,
      confirmUrl,
      '',
      'If you did not expect this, do nothing: you will get no alerts. To get no further requests either:',
      unsubscribeUrl,
      '',
      `Site: ${siteId}`,
      `Alert: ${alertId}`,
      '',
    ].join('\n'),
    id: `${alertId}.${id}.${at}`,
    unsubscribeUrl,
  }
}
