import { createTransport } from 'nodemailer'
import type { Notification } from '../alert-store.js'
import { parseTrigger } from './notification.js'

/** How a mail ended; `isFinal` when another attempt would end in the same way. */
type MailResult = { isSent: true } | { isSent: false; isFinal: boolean; error: string }

export interface Mailer {
  /** Hands a mail to the server within {@link MAIL_DEADLINE_MS}, or until `signal` aborts. Never rejects. */
  send(mail: Mail, signal: AbortSignal): Promise<MailResult>
}

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  smtpUrl: string
  /** Address that mails come from. */
  from: string
}

const MAIL_DEADLINE_MS = 20_000
const STEP_TIMEOUT_MS = 10_000

/** Sends mails through an SMTP server, each on a connection of its own. */
export function createMailer({ smtpUrl, from }: MailerOptions): Mailer {
  const server = readServer(smtpUrl)
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    async send({ to, subject, text, id }, signal) {
      const transport = createTransport({
        ...server,
        connectionTimeout: STEP_TIMEOUT_MS,
        greetingTimeout: STEP_TIMEOUT_MS,
        socketTimeout: STEP_TIMEOUT_MS,
        // A mail holds what is written here, whatever its text looks like.
        disableFileAccess: true,
        disableUrlAccess: true,
        tls: { minVersion: 'TLSv1.2' },
      })
      const ending = AbortSignal.any([signal, AbortSignal.timeout(MAIL_DEADLINE_MS)])
      try {
        // Addresses as objects: nothing in them is read as a list.
        const sent = transport.sendMail({
          from: { name: '', address: from },
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        await Promise.race([sent, rejectAt(ending)])
        return { isSent: true }
      } catch (error) {
        return describeFailure(error)
      } finally {
        transport.close()
      }
    },
  }
}

function rejectAt(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true }),
  )
}

/** A password goes over TLS or not at all. */
function readServer(smtpUrl: string) {
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

/** A server's answer by its number alone: its text may quote the address. */
function describeFailure(error: unknown): MailResult {
  const { responseCode, code } = error as { responseCode?: number; code?: string }
  if (responseCode !== undefined)
    return { isSent: false, isFinal: responseCode >= 500, error: `SMTP ${responseCode}` }
  return { isSent: false, isFinal: false, error: code ?? 'timeout' }
}

/** A mail of plain text; its subject is one line. */
interface Mail {
  to: string
  subject: string
  text: string
  /** The same for every attempt: who gets it twice can tell. */
  id: string
}

// Everything that could end a header, or hide what follows.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

export function buildMail(
  notice: Pick<Notification, 'id' | 'alertId' | 'event' | 'data' | 'at'>,
  to: string,
): Mail {
  const { name, lines } = parseTrigger(notice)
  const title = toLine(`Alert: ${name}`)
  const when: [string, string] = ['Time', new Date(notice.at).toISOString()]
  return {
    to,
    subject: title,
    text: [title, '', ...[...lines, when].map(([label, value]) => `${label}: ${toLine(value)}`), ''].join(
      '\n',
    ),
    id: `${notice.alertId}.${notice.id}.${notice.at}`,
  }
}

function toLine(text: string): string {
  return text.replaceAll(CONTROL_CHARACTERS, ' ')
}
