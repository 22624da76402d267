import type { Trigger } from '../alert-store.js'
import { parseTrigger } from './notification.js'

/**
 * Builds the request body for a Slack incoming webhook. User input is escaped, so that it cannot mention
 * people, insert links or change the formatting.
 */
export function buildSlackMessage(trigger: Pick<Trigger, 'event' | 'data'>): string {
  const { name, lines } = parseTrigger(trigger)
  const title = escapeName(name)
  return JSON.stringify({
    text: `🚨 Alert: ${title}`,
    // Without these, Slack turns addresses and names in texts into links and mentions, and shows previews of them.
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          verbatim: true,
          text: [`*${title}*`, ...lines.map(([label, value]) => `${label}: ${escape(value)}`)].join('\n'),
        },
      },
    ],
  })
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** An invisible character that prevents Slack from interpreting the character before it as formatting or as part of a link. */
const WORD_JOINER = '\u2060'

function escape(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => ENTITIES[character]!)
}

function escapeName(name: string): string {
  return escape(name).replaceAll(/[*_~`@:.]/g, (character) => `${character}${WORD_JOINER}`)
}
