import { createTransport } from 'nodemailer'
import type { Notification } from '../alert-store.js'
import { parseTrigger } from './notification.js'

/** Result of sending a mail; `isFinal` when another attempt would fail too. */
type MailResult = { isSent: true } | { isSent: false; isFinal: boolean; error: string }

export interface Mailer {
  /** Sends a mail within {@link MAIL_DEADLINE_MS}, or until `signal` aborts. Never rejects. */
  send(mail: Mail, signal: AbortSignal): Promise<MailResult>
}

export interface MailerOptions {
  /**
   * The URL of the mail server, `smtp://` or `smtps://`, with user and password if the server requires them.
   */
  smtpUrl: string
  /** Sender address. */
  from: string
}

const MAIL_DEADLINE_MS = 20_000
const STEP_TIMEOUT_MS = 10_000

/** Sends mails through an SMTP server, each on a separate connection. */
export function createMailer({ smtpUrl, from }: MailerOptions): Mailer {
  const server = parseSmtpUrl(smtpUrl)
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    async send({ to, subject, text, id }, signal) {
      const transport = createTransport({
        ...server,
        connectionTimeout: STEP_TIMEOUT_MS,
        greetingTimeout: STEP_TIMEOUT_MS,
        socketTimeout: STEP_TIMEOUT_MS,
        // Mail content never refers to files or URLs.
        disableFileAccess: true,
        disableUrlAccess: true,
        tls: { minVersion: 'TLSv1.2' },
      })
      const cut = AbortSignal.any([signal, AbortSignal.timeout(MAIL_DEADLINE_MS)])
      try {
        // Address objects are not parsed as lists.
        const sent = transport.sendMail({
          from: { name: '', address: from },
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
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

/** Parses the URL of the mail server. TLS is required when the URL has a password. */
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

/** Keeps only the code of an SMTP answer: its text may quote the address. */
function toFailure(error: unknown): MailResult {
  const { responseCode, code } = error as { responseCode?: number; code?: string }
  if (responseCode !== undefined)
    return { isSent: false, isFinal: responseCode >= 500, error: `SMTP ${responseCode}` }
  return { isSent: false, isFinal: false, error: code ?? 'timeout' }
}

/** A plain-text mail; the subject is one line. */
interface Mail {
  to: string
  subject: string
  text: string
  /** Message id, equal for every attempt, so that receivers can detect duplicates. */
  id: string
}

// Characters that could end a header or hide the following text.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

export function buildMail(
  notification: Pick<Notification, 'id' | 'alertId' | 'event' | 'data' | 'at'>,
  to: string,
): Mail {
  const { name, lines } = parseTrigger(notification)
  const title = toLine(`Alert: ${name}`)
  const when: [string, string] = ['Time', new Date(notification.at).toISOString()]
  return {
    to,
    subject: title,
    text: [title, '', ...[...lines, when].map(([label, value]) => `${label}: ${toLine(value)}`), ''].join(
      '\n',
    ),
    id: `${notification.alertId}.${notification.id}.${notification.at}`,
  }
}

function toLine(text: string): string {
  return text.replaceAll(CONTROL_CHARACTERS, ' ')
}
