import type { Trigger } from '../alert-store.js'
import { parseTrigger } from './notification.js'

/** The body for a Slack incoming webhook. User texts are escaped: they cannot mention, link or format. */
export function buildSlackMessage(trigger: Pick<Trigger, 'event' | 'data'>): string {
  const { name, lines } = parseTrigger(trigger)
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
/** Invisible; after a formatting character it prevents formatting without breaking the word. */
const WORD_JOINER = '\u2060'

function escape(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => ENTITIES[character]!)
}

function escapeName(name: string): string {
  return escape(name).replaceAll(/[*_~`@]/g, (character) => `${character}${WORD_JOINER}`)
}
