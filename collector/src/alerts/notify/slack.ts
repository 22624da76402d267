import type { Trigger } from '../alert-store.js'
import { parseTrigger } from './notification.js'

/** The body for an incoming webhook of Slack. Names stand in it as text: none can mention, link or format. */
export function buildSlackMessage(crossing: Pick<Trigger, 'event' | 'data'>): string {
  const { name, lines } = parseTrigger(crossing)
  const title = escapeName(name)
  return JSON.stringify({
    text: `🚨 Alert: ${title}`,
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: [`*${title}*`, ...lines.map(([label, value]) => `${label}: ${escape(value)}`)].join('\n'),
        },
      },
    ],
  })
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** Ends no word and is not seen: after it a sign that formats is a sign like others. */
const WORD_JOINER = '\u2060'

function escape(text: string): string {
  return text.replaceAll(/[&<>]/g, (sign) => ENTITIES[sign]!)
}

function escapeName(name: string): string {
  return escape(name).replaceAll(/[*_~`@]/g, (sign) => `${sign}${WORD_JOINER}`)
}
