import { describe, expect, it } from 'vitest'
import { buildMail } from '../../../src/alerts/notify/mail.js'
import { describeTrigger, describeOutage, describeTest } from '../../../src/alerts/notify/notification.js'
import { buildSlackMessage } from '../../../src/alerts/notify/slack.js'
import { makeAlert } from '../../support/make-alert.js'

const AT = Date.UTC(2024, 11, 12, 16, 30)
const alert = makeAlert({ id: 'alert_abc123', siteId: 'ws_abc123', name: 'Traffic', threshold: 1000 })
const HOSTILE = '<!channel> & <https://evil.example|click> *b* _i_ `c` ~s~ @here'

const slackText = (crossing: Parameters<typeof buildSlackMessage>[0]) => {
  const { text, blocks } = JSON.parse(buildSlackMessage(crossing)) as {
    text: string
    blocks: { type: string; text: { type: string; text: string } }[]
  }
  return { text, section: blocks[0]!.text.text, blocks }
}

describe('the webhook payload of an alert', () => {
  it('includes the alert, its condition, the current value and the threshold in the webhook payload', () => {
    expect(describeTrigger(alert, AT, { value: 1543, volume: 1 })).toEqual({
      key: `alert_abc123 ${AT}`,
      event: 'alert',
      at: AT,
      data: {
        siteId: 'ws_abc123',
        alertId: 'alert_abc123',
        alertName: 'Traffic',
        condition: 'pageviews > 1000',
        currentValue: 1543,
        threshold: 1000,
      },
    })
  })

  it('includes the same payload fields for the start and the end of an outage', () => {
    const outage = makeAlert({ ...alert, metric: 'uptime' })
    expect(describeOutage(outage, AT, false).data).toMatchObject({
      condition: 'uptime < 1',
      currentValue: 0,
      threshold: 1,
    })
    expect(describeOutage(outage, AT, true).data).toMatchObject({
      condition: 'uptime >= 1',
      currentValue: 1,
      threshold: 1,
    })
    expect(describeOutage(outage, AT, true).key).not.toBe(describeOutage(outage, AT, false).key)
  })

  it.each(['pageviews', 'uptime', 'traffic_spike'] as const)(
    'marks a test of a %s alert as a test, and allows one test trigger per minute',
    (metric) => {
      const tested = makeAlert({ ...alert, metric })
      expect(describeTest(tested, AT + 59_999).key).toBe(describeTest(tested, AT).key)
      expect(describeTest(tested, AT + 60_000).key).not.toBe(describeTest(tested, AT).key)
      expect(describeTest(tested, AT).data).toMatchObject({ alertName: 'Test: Traffic' })
    },
  )
})

describe('a Slack message', () => {
  it('shows the title and the details of an alert in a Slack message', () => {
    const { text, section, blocks } = slackText(describeTrigger(alert, AT, { value: 1543, volume: 1 }))
    expect(text).toBe('🚨 Alert: Traffic')
    expect(section).toBe(
      '*Traffic*\nCondition: pageviews &gt; 1000\nCurrent: 1543\nThreshold: 1000\nSite: ws_abc123',
    )
    expect(blocks).toMatchObject([{ type: 'section', text: { type: 'mrkdwn', verbatim: true } }])
  })

  it('compares the visitors of a traffic spike with an average day in a Slack message', () => {
    const { section } = slackText(
      describeTrigger(makeAlert({ metric: 'traffic_spike', threshold: 2 }), AT, {
        value: 3,
        volume: 1,
        spike: { currentVisitors: 310, baseline: 99.6 },
      }),
    )
    expect(section).toContain(
      'Visitors of the last 24 hours: 310\nAverage day: 100\nThreshold: 2 × the average',
    )
  })

  it('escapes mentions, links and formatting of an alert name in a Slack message', () => {
    const { text, section } = slackText(
      describeTrigger({ ...alert, name: HOSTILE }, AT, { value: 1, volume: 1 }),
    )
    for (const part of [text, section]) {
      expect(part).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/)
      expect(part.replaceAll('\u2060', '')).toContain(
        '&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;',
      )
      // Slack makes a link of a bare address or host.
      expect(part).not.toMatch(/:\/\/|\w\.\w/)
    }
    // Only the two asterisks that make the title bold remain; nothing in the name ends the bold text.
    expect(section.split('\n')[0]!.replaceAll(/[*_~`@]\u2060/g, '')).toMatch(/^\*[^*_~`@]+\*$/)
  })
})

describe('a mail', () => {
  const MAIL = { to: 'ops@example.com', unsubscribeUrl: 'https://stats.example.com/mail/unsubscribe/x' }
  const notice = (name: string) => ({
    id: 7,
    alertId: 'alert_1',
    ...describeTrigger({ ...alert, name }, AT, { value: 1543, volume: 1 }),
  })

  it('describes the trigger of an alert in a plain-text mail', () => {
    expect(buildMail(notice('Traffic'), MAIL)).toEqual({
      to: 'ops@example.com',
      subject: 'Alert: Traffic',
      text: 'Alert: Traffic\n\nCondition: pageviews > 1000\nCurrent: 1543\nThreshold: 1000\nSite: ws_abc123\nTime: 2024-12-12T16:30:00.000Z\n\nStop these mails: https://stats.example.com/mail/unsubscribe/x\n',
      id: `alert_1.7.${AT}`,
      unsubscribeUrl: MAIL.unsubscribeUrl,
    })
  })

  it.each([
    'x\r\nBcc: victim@example.com',
    'x\nSubject: other',
    'x\u2028y',
    'x\u202ey',
    'x\u2066y\u200b',
    'x\u0085y',
    'x\u0000y',
    '\r\n.\r\nQUIT',
  ])('writes a mail subject of one line for the alert name %j', (name) => {
    const { subject, text } = buildMail(notice(name), MAIL)
    // eslint-disable-next-line no-control-regex
    expect(subject).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/)
    expect(text.split('\n')).toHaveLength(10)
  })
})
