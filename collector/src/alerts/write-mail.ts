import type { Notice } from '../stores/alert-store.js'
import { readCrossing } from './read-crossing.js'

/** A mail of plain text; its subject is one line. */
export interface Mail {
  to: string
  subject: string
  text: string
  /** The same for every attempt: who gets it twice can tell. */
  id: string
}

// Everything that could end a header, or hide what follows.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

export function writeMail(
  notice: Pick<Notice, 'id' | 'alertId' | 'event' | 'data' | 'at'>,
  to: string,
): Mail {
  const { name, lines } = readCrossing(notice)
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
