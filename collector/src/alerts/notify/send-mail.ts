import type { ConfirmationNotification, Notification, TriggerNotification } from '../alert-store.js'
import { buildConfirmationMail } from '../recipients/confirmation-mail.js'
import { MAX_ALERT_MAILS_PER_HOUR } from '../recipients/limits.js'
import { buildLink } from '../recipients/links.js'
import type { ConfirmationLink, MailAdmission } from '../recipients/recipient-store.js'
import type { Recipients } from '../recipients/recipients.js'
import { buildMail, type Mail, type Mailer } from './mail.js'

/**
 * Result of an attempt to send a notification. `retry` means that another attempt may succeed, and `not-sent`
 * that the recipient may not get it.
 */
export type SendResult = { result: 'done' } | { result: 'retry' | 'failed' | 'not-sent'; error: string }

export interface SendMailServices {
  /** The mail server and the public URL of the links, or undefined if no mail server is configured. */
  mail: { mailer: Mailer; publicUrl: string } | undefined
  recipients: Pick<Recipients, 'admit' | 'findConfirmation' | 'unsubscribeTokenOf'>
  /** Decrypts the token of a confirmation mail. */
  open: (sealed: string) => string
}

/** Sends a notification to an email address that may get it. Never rejects. */
export type SendMail = (
  notification: Notification,
  address: string,
  signal: AbortSignal,
) => Promise<SendResult>

const ASK_AGAIN = 'POST /api/alerts/{id}/confirmations'
const UNSUBSCRIBED =
  'the address unsubscribed from the mails of this account; only the address can resume them, with the unsubscribe link of any mail'

/**
 * Creates a function that sends mails about triggers to confirmed addresses only, and confirmation mails to the
 * others. What is not sent fails with a reason that says how to fix it.
 */
export function createSendMail({ mail, recipients, open }: SendMailServices): SendMail {
  if (!mail) return () => Promise.resolve({ result: 'failed', error: 'no mail server is configured' })
  const { mailer, publicUrl } = mail
  const unsubscribeUrlOf = (recipientId: string) =>
    buildLink(publicUrl, 'unsubscribe', recipients.unsubscribeTokenOf(recipientId))

  async function buildTriggerMail(
    notification: TriggerNotification,
    to: string,
  ): Promise<Mail | { reason: string }> {
    const admission = await recipients.admit(notification, to)
    return admission.outcome === 'admitted'
      ? buildMail(notification, { to, unsubscribeUrl: unsubscribeUrlOf(admission.recipientId) })
      : { reason: explainRefusal(admission) }
  }

  async function buildConfirmation(
    notification: ConfirmationNotification,
    to: string,
  ): Promise<Mail | { reason: string }> {
    const token = open(notification.data.sealedToken)
    const { link, recipient } = await recipients.findConfirmation(token)
    if (link !== 'open') return { reason: LINK_REASONS[link] }
    if (recipient!.unsubscribedAt !== null) return { reason: UNSUBSCRIBED }
    return buildConfirmationMail(notification, to, {
      publicUrl,
      confirmUrl: buildLink(publicUrl, 'confirm', token),
      unsubscribeUrl: unsubscribeUrlOf(recipient!.id),
    })
  }

  return async (notification, address, signal) => {
    let built: Mail | { reason: string }
    try {
      built =
        notification.event === 'confirmation'
          ? await buildConfirmation(notification, address)
          : await buildTriggerMail(notification, address)
    } catch {
      return { result: 'retry', error: 'the control store cannot be used' }
    }
    if ('reason' in built) return { result: 'not-sent', error: `not sent: ${built.reason}` }
    const sent = await mailer.send(built, signal)
    return sent.isSent ? { result: 'done' } : { result: sent.isFinal ? 'failed' : 'retry', error: sent.error }
  }
}

function explainRefusal(admission: Exclude<MailAdmission, { outcome: 'admitted' }>): string {
  const unconfirmed = 'the address has not confirmed yet'
  switch (admission.outcome) {
    case 'unsubscribed':
      return UNSUBSCRIBED
    case 'limited':
      return `limit of ${MAX_ALERT_MAILS_PER_HOUR} alert mails of an account within an hour; use fewer alerts, longer cool-downs, or a webhook`
    case 'not-asked':
      return `${unconfirmed}, and a limit of confirmation mails is reached; send one later with ${ASK_AGAIN}`
    case 'pending':
      return admission.isNewlyAsked
        ? `${unconfirmed}; open the link in the confirmation mail that is being sent to it`
        : `${unconfirmed}; open the link in the confirmation mail of ${new Date(admission.askedAt).toISOString()}, or send it again with ${ASK_AGAIN}`
  }
}

const LINK_REASONS: Record<Exclude<ConfirmationLink, 'open'>, string> = {
  used: 'the address has confirmed since',
  expired: `its link expired; send a new one with ${ASK_AGAIN}`,
  unknown: 'a later confirmation mail replaces it',
}
