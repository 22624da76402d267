import type { ReceivedMail } from './start-mail-server.js'

/** A mail as its reader sees it. */
export interface ReadMail {
  to: string
  /** Headers with folded lines unfolded, such as `Subject: Hello`. */
  headers: string[]
  /** Text without its transfer encoding. */
  text: string
  /** The one link to this page, such as `/mail/confirm`. */
  linkTo(page: string): string
}

export function readMail({ to, data }: ReceivedMail): ReadMail {
  const end = data.indexOf('\r\n\r\n')
  const headers = data
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const raw = data.slice(end + 4)
  const isQuoted = headers.some((header) => /^content-transfer-encoding: quoted-printable/i.test(header))
  const text = isQuoted
    ? Buffer.from(
        raw
          .replaceAll(/=\r\n/g, '')
          .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
        'latin1',
      ).toString()
    : raw
  return {
    to: to.join(),
    headers,
    text,
    linkTo(page) {
      const links = (text.match(/https?:\S+/g) ?? []).filter((link) => new URL(link).pathname.includes(page))
      if (links.length !== 1) throw new Error(`the mail has ${links.length} links to ${page}:\n${text}`)
      return links[0]!
    },
  }
}
