import type { MailerOptions } from './create-mailer.js'
import { isAddress } from './read-destinations.js'

/** Reads `SMTP_URL` and `MAIL_FROM`; undefined without both. What is wrong goes to `faults`, without the password. */
export function readMailSettings(
  smtpUrl: string | undefined,
  from: string | undefined,
  faults: string[],
): MailerOptions | undefined {
  if (!smtpUrl && !from) return undefined
  const known = faults.length
  if (
    !smtpUrl ||
    !URL.canParse(smtpUrl) ||
    !/^smtps?:$/.test(new URL(smtpUrl).protocol) ||
    new URL(smtpUrl).hostname === ''
  )
    faults.push('SMTP_URL is not the URL of a mail server, write smtps://user:password@host:465')
  if (!from || !isAddress(from)) faults.push('MAIL_FROM is not an address, write alerts@example.com')
  return faults.length > known ? undefined : { smtpUrl: smtpUrl!, from: from! }
}
