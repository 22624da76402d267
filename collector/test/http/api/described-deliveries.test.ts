import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOutage, describeTrigger } from '../../../src/alerts/notify/notification.js'
import { createApiKey } from '../../../src/control/keys/api-key.js'
import type { AttemptRequest } from '../../../src/egress/attempt.js'
import { ATTEMPT_ERRORS, type AttemptError } from '../../../src/egress/attempt-failure.js'
import { bodyOf } from '../../../src/http/api/deliveries.js'
import type { OpenApiDocument } from '../../../src/http/api/openapi.js'
import { ACTIVITY, ACTIVITY_EXAMPLES } from '../../../src/routes/activity-schemas.js'
import { DELIVERIES } from '../../../src/routes/webhook-deliveries.js'
import {
  describeCustomEvent,
  describePageview,
  describeSessionEnd,
  describeTrackerGoal,
} from '../../../src/webhooks/events/payloads.js'
import { WEBHOOK_EVENTS } from '../../../src/webhooks/webhook.js'
import { createTestApp, type TestApp } from '../../support/create-test-app.js'
import { makeAlert } from '../../support/make-alert.js'
import { makeRow } from '../../support/make-row.js'
import { misfits } from '../../support/misfits.js'

const BASE = '/v1/cli/mutate/webhooks'

let test: TestApp
let document: OpenApiDocument
let headers: Record<string, string>
let outcome: { status?: number; error?: AttemptError } = { status: 200 }
const sent: AttemptRequest[] = []

beforeAll(async () => {
  test = await createTestApp({
    attempt: async (request) => {
      sent.push(request)
      return { status: outcome.status, error: outcome.error, answer: '', durationMs: 1.5 }
    },
  })
  document = (await test.app.inject({ url: '/api/external/v1/openapi.json' })).json<OpenApiDocument>()
  const { secret, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin' }, Date.now())
  await test.control.addApiKey(record)
  headers = { authorization: `Bearer ${secret}` }
})
afterAll(() => test.close())

const schemaOf = (event: string) => bodyOf(DELIVERIES.find((delivery) => delivery.event === event)!)
const post = async (url: string, payload: object = {}) =>
  (await test.app.inject({ method: 'POST', url, headers, payload })).json<{ id: string; secret: string }>()

it('documents every event, with an example whose signatures are computed as the text says', () => {
  expect(Object.keys(document.webhooks)).toEqual([...WEBHOOK_EVENTS, 'test'])
  for (const { event, example } of DELIVERIES) {
    expect(misfits(schemaOf(event), example.body)).toEqual([])
    const secret = `whsec_${'A'.repeat(43)}=`
    const body = JSON.stringify(example.body)
    const hmac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    const signed = `${example.headers['webhook-id']}.${example.headers['webhook-timestamp']}.${body}`
    expect(example.headers['webhook-signature']).toBe(`v1,${hmac.update(signed).digest('base64')}`)
    const hex = createHmac('sha256', secret).update(body).digest('hex')
    expect(example.headers['X-Zenovay-Signature']).toBe(hex)
    expect(example.headers['X-ZTA-Signature']).toBe(`sha256=${hex}`)
  }
})

it('delivers what it documents: the body, and exactly these headers', async () => {
  const { id } = await post(BASE, { url: 'https://hooks.example.com/' })
  await post(`${BASE}/${id}/test`)
  const row = (fields: Omit<Parameters<typeof makeRow>[0], 'occurred_at'>) =>
    makeRow({ site_id: test.site.id, occurred_at: Date.now() + 1, ...fields })
  await test.webhooks.outbox.put([
    describePageview(row({ referrer: 'https://google.com' })),
    describePageview(row({ event_id: 'bare', referrer: '', country: '', device_type: '', browser: '' })),
    describeCustomEvent(
      row({ event_type: 'custom', event_name: 'play', properties: '{"value":"x","label":true}' }),
    ),
    describeTrackerGoal(row({ event_type: 'goal', event_name: 'order' })),
    describeSessionEnd({
      siteId: test.site.id,
      sessionId: 'session-0001',
      startedAt: Date.now(),
      endedAt: Date.now(),
      pages: 0,
      entryPath: '',
      exitPath: '',
      lastReceivedAt: Date.now(),
    }),
    ...[
      describeTrigger(makeAlert(), Date.now() + 1, { value: 3, volume: 3 }),
      describeOutage(makeAlert({ metric: 'uptime' }), Date.now() + 1, false),
      describeTrigger(makeAlert({ metric: 'traffic_spike', threshold: 2 }), Date.now() + 1, {
        value: 3,
        volume: 3,
        spike: { currentVisitors: 310, baseline: 99.6 },
      }),
    ].map(({ event: name, ...trigger }) => ({ ...trigger, name, siteId: test.site.id })),
  ])
  const told = [
    'test',
    'pageview',
    'pageview',
    'event',
    'goal',
    'session_end',
    'alert',
    'alert',
    'traffic_spike',
  ]
  await expect.poll(() => sent.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(told.length)
  const seen = sent.map(({ body, headers: given }) => {
    const parsed = JSON.parse(body) as { event: string }
    expect(misfits(schemaOf(parsed.event), parsed), body).toEqual([])
    expect(Object.keys(given).sort()).toEqual(
      document.webhooks[parsed.event]!['post']!.parameters!.map(({ name }) => name).sort(),
    )
    return parsed.event
  })
  expect(seen.sort()).toEqual(told.sort())
})

it('documents the rows of the activity log, with every reason why there was no response', async () => {
  for (const example of ACTIVITY_EXAMPLES) expect(misfits(ACTIVITY, example)).toEqual([])
  const { id } = await post(BASE, { url: 'https://hooks.example.com/', website_id: test.site.id })
  for (const error of ATTEMPT_ERRORS) {
    outcome = { error }
    expect(await post(`${BASE}/${id}/test`)).toMatchObject({ status: null, error })
  }
  await post('/api/keys', { name: 'another' })
  await post('/api/goals', { site_id: test.site.id, name: 'Thanks', kind: 'path', path: '/thanks' })
  await test.webhooks.outbox.put([{ key: 'old', name: 'goal', siteId: test.site.id, at: 0, data: {} }], {
    logsEarly: true,
  })
  const rows: Record<string, unknown>[] = []
  for (const type of ['webhook', 'key', 'goal']) {
    const url = `/api/activity-log?siteId=${test.site.id}&type=${type}`
    rows.push(...(await test.app.inject({ url, headers })).json<{ activities: typeof rows }>().activities)
  }
  for (const row of rows) expect(misfits(ACTIVITY, row), JSON.stringify(row)).toEqual([])
  expect(new Set(rows.map(({ error }) => error))).toEqual(new Set([...ATTEMPT_ERRORS, null, undefined]))
  expect(rows.filter(({ note }) => note === 'happened before the webhook was created')).toMatchObject([
    { action: 'dropped', count: 1, webhookId: id },
    { action: 'dropped', count: 1 },
  ])
})
