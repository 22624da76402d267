import { type TProperties, Type } from '@sinclair/typebox'
import type { DeliveryDocs } from '../http/api/deliveries.js'
import { orNull } from '../http/fields.js'
import { buildBody } from '../webhooks/outbox.js'
import { signDelivery } from '../webhooks/signing.js'
import { TEST_EVENT } from '../webhooks/management.js'
import type { WebhookEventName } from '../webhooks/webhook.js'

const TEXT = Type.String()
const TEXT_OR_NULL = orNull(Type.String())
const NUMBER_OR_NULL = orNull(Type.Number())
const SITE_ID = { siteId: Type.String({ description: 'ID of the website.' }) }
const ALERT = { ...SITE_ID, alertId: TEXT, alertName: TEXT }

// The values of these examples are those that docs/webhooks.md and its readers' samples use.
const AT = Date.UTC(2026, 3, 1, 10, 15)
const EXAMPLE_SECRET = `whsec_${'A'.repeat(43)}=`
const EXAMPLE_ID = 'evt_0123456789abcdef0123456789abcdef'
const siteId = 'ws_abc123'

/** What is delivered for every event type, and for the test of a webhook. */
export const DELIVERIES: readonly DeliveryDocs[] = [
  document('pageview', 'Sent for each pageview', {
    data: {
      ...SITE_ID,
      path: TEXT,
      referrer: orNull(
        Type.String(),
        "As the visitor's browser reported it, without secrets. Null: a direct visit.",
      ),
      country: orNull(Type.String(), 'ISO 3166-1 alpha-2.'),
      device: TEXT_OR_NULL,
      browser: TEXT_OR_NULL,
    },
    example: {
      siteId,
      path: '/blog/my-article',
      referrer: 'https://google.com',
      country: 'US',
      device: 'desktop',
      browser: 'Chrome',
    },
  }),
  document('event', 'Sent for each custom event', {
    data: {
      ...SITE_ID,
      action: Type.String({ description: 'Name of the event.' }),
      category: propertyNamed('category'),
      label: propertyNamed('label'),
      value: propertyNamed('value'),
      path: TEXT,
    },
    example: {
      siteId,
      action: 'signup_click',
      category: 'conversion',
      label: 'hero_button',
      value: 1,
      path: '/pricing',
    },
  }),
  document('goal', 'Sent when a session completes a goal, once', {
    data: { ...SITE_ID, goalId: TEXT, goalName: TEXT, path: TEXT_OR_NULL, value: NUMBER_OR_NULL },
    example: { siteId, goalId: 'goal_abc123', goalName: 'Newsletter Signup', path: '/thank-you', value: 1 },
  }),
  document('alert', 'Sent when an alert triggers', {
    data: { ...ALERT, condition: TEXT, currentValue: Type.Number(), threshold: Type.Number() },
    example: {
      siteId,
      alertId: 'alert_abc123',
      alertName: 'Traffic Spike',
      condition: 'pageviews > 1000',
      currentValue: 1543,
      threshold: 1000,
    },
  }),
  document('session_end', 'Sent half an hour after the last event of a session, once', {
    data: {
      ...SITE_ID,
      sessionId: TEXT,
      duration: Type.Integer({ description: 'Seconds.' }),
      pages: Type.Integer(),
      entryPath: TEXT_OR_NULL,
      exitPath: TEXT_OR_NULL,
    },
    example: {
      siteId,
      sessionId: 'session-0001',
      duration: 95,
      pages: 3,
      entryPath: '/',
      exitPath: '/pricing',
    },
  }),
  document('high_value_visitor', 'Sent when the value score of a visitor reaches 70, once per UTC day', {
    data: {
      ...SITE_ID,
      visitorId: TEXT,
      country: orNull(Type.String(), 'Name of the country.'),
      valueScore: Type.Integer(),
      landingPage: TEXT_OR_NULL,
      timestamp: Type.String({ description: 'Start of the visit, ISO 8601, UTC.' }),
    },
    example: {
      siteId,
      visitorId: 'visitor-0001',
      country: 'Switzerland',
      valueScore: 78,
      landingPage: 'https://shop.example/',
      timestamp: new Date(AT).toISOString(),
    },
  }),
  document('traffic_spike', 'Sent when a traffic_spike alert triggers', {
    data: {
      ...ALERT,
      spikeDetected: Type.Boolean(),
      currentVisitors: Type.Integer({ description: 'Visitors of the last 24 hours.' }),
      baseline: Type.Integer({ description: 'Visitors of an average day.' }),
      thresholdMultiplier: Type.Number(),
    },
    example: {
      siteId,
      alertId: 'alert_abc123',
      alertName: 'Rush',
      spikeDetected: true,
      currentVisitors: 310,
      baseline: 100,
      thresholdMultiplier: 2,
    },
  }),
  document(TEST_EVENT, 'Sent by the test of a webhook', {
    data: { siteId: orNull(Type.String(), 'Null: all websites.'), webhookId: TEXT, message: TEXT },
    example: { siteId, webhookId: 'wh_abc123', message: 'This is a test delivery.' },
  }),
]

function propertyNamed(name: string) {
  return Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()], {
    description: `The property ${name} of the event.`,
  })
}

function document(
  event: WebhookEventName | typeof TEST_EVENT,
  summary: string,
  { data, example }: { data: TProperties; example: Record<string, unknown> },
): DeliveryDocs {
  const body = buildBody({ id: EXAMPLE_ID, event, at: AT, data: JSON.stringify(example) })
  const headers = signDelivery({
    secret: EXAMPLE_SECRET,
    id: EXAMPLE_ID,
    event,
    webhookId: 'wh_abc123',
    body,
    at: AT,
  })
  return {
    event,
    summary,
    data: Type.Object(data),
    example: { body: JSON.parse(body) as DeliveryDocs['example']['body'], headers },
  }
}
