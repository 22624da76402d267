import { createTransport } from 'nodemailer'
import type { TriggerNotification } from '../alert-store.js'
import { parseTrigger } from './notification.js'

/** Result of sending a mail. `isFinal` means that another attempt would fail, too. */
type MailResult = { isSent: true } | { isSent: false; isFinal: boolean; error: string }

export interface Mailer {
  /** Sends a mail. Fails after {@link MAIL_DEADLINE_MS} or if `signal` is aborted, but never rejects. */
  send(mail: Mail, signal: AbortSignal): Promise<MailResult>
}

export interface MailerOptions {
  /**
   * URL of the mail server, `smtp://` or `smtps://`, including user and password if the server requires them.
   */
  smtpUrl: string
  /** Email address of the sender. */
  from: string
}

const MAIL_DEADLINE_MS = 20_000
const STEP_TIMEOUT_MS = 10_000

/** Creates a mailer that opens a separate SMTP connection for each mail. */
export function createMailer({ smtpUrl, from }: MailerOptions): Mailer {
  const server = parseSmtpUrl(smtpUrl)
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    async send({ to, subject, text, id, unsubscribeUrl }, signal) {
      const transport = createTransport({
        ...server,
        connectionTimeout: STEP_TIMEOUT_MS,
        greetingTimeout: STEP_TIMEOUT_MS,
        socketTimeout: STEP_TIMEOUT_MS,
        // Mails never include files or remote content, so nodemailer must not load any.
        disableFileAccess: true,
        disableUrlAccess: true,
        tls: { minVersion: 'TLSv1.2' },
      })
      const cut = AbortSignal.any([signal, AbortSignal.timeout(MAIL_DEADLINE_MS)])
      try {
        // Pass addresses as objects, because nodemailer parses a string as a list of addresses.
        const sent = transport.sendMail({
          from: { name: '', address: from },
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          headers: {
            'Auto-Submitted': 'auto-generated',
            'List-Unsubscribe': `<${unsubscribeUrl}>`,
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          },
        })
        await Promise.race([sent, rejectOnAbort(cut)])
        return { isSent: true }
      } catch (error) {
        return toFailure(error)
      } finally {
        transport.close()
      }
    },
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true }),
  )
}

/** Parses the URL of the mail server. TLS is required if the URL contains a user name. */
function parseSmtpUrl(smtpUrl: string) {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl)
  const isSecure = protocol === 'smtps:'
  const auth = { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (isSecure ? 465 : 587),
    secure: isSecure,
    ...(username !== '' && { auth, requireTLS: !isSecure }),
  }
}

/**
 * Converts an error into a result. Only the code of an SMTP response is kept, because its text may contain
 * the email address of the recipient.
 */
function toFailure(error: unknown): MailResult {
  const { responseCode, code } = error as { responseCode?: number; code?: string }
  if (responseCode !== undefined)
    return { isSent: false, isFinal: responseCode >= 500, error: `SMTP ${responseCode}` }
  return { isSent: false, isFinal: false, error: code ?? 'timeout' }
}

/** A plain-text mail with a subject of one line. */
export interface Mail {
  to: string
  subject: string
  text: string
  /**
   * First part of the message ID. It is the same for every attempt, so that receivers can detect duplicates.
   */
  id: string
  /** Link that stops mail of the account to this address, which mail programs show as a button (RFC 8058). */
  unsubscribeUrl: string
}

// Control characters, which could end a mail header, and characters that reorder or hide the text that follows.
const CONTROL_CHARACTERS =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g

/** Writes the mail about a trigger. The name of the alert is its owner's text, so it cannot add lines. */
export function buildMail(
  notification: Pick<TriggerNotification, 'id' | 'alertId' | 'event' | 'data' | 'at'>,
  { to, unsubscribeUrl }: Pick<Mail, 'to' | 'unsubscribeUrl'>,
): Mail {
  const { name, lines } = parseTrigger(notification)
  const title = toLine(`Alert: ${name}`)
  const when: [string, string] = ['Time', new Date(notification.at).toISOString()]
  return {
    to,
    subject: title,
    text: [
      title,
      '',
      ...[...lines, when].map(([label, value]) => `${label}: ${toLine(value)}`),
      '',
      `Stop these mails: ${unsubscribeUrl}`,
      '',
    ].join('\n'),
    id: `${notification.alertId}.${notification.id}.${notification.at}`,
    unsubscribeUrl,
  }
}

function toLine(text: string): string {
  return text.replaceAll(CONTROL_CHARACTERS, ' ')
}
