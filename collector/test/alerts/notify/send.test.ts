import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Notification } from '../../../src/alerts/alert-store.js'
import { createSendNotification, type SendNotificationServices } from '../../../src/alerts/notify/send.js'
import { createSecretBox } from '../../../src/control/secrets/secret-box.js'
import type { AttemptRequest, AttemptResult } from '../../../src/egress/attempt.js'
import { ApiError } from '../../../src/errors.js'

const box = createSecretBox(randomBytes(32))
const signal = new AbortController().signal
const URL_OF_SLACK = 'https://hooks.slack.example/services/T0/B0/secret'
const data = {
  siteId: 'ws_1',
  alertId: 'alert_1',
  alertName: 'Rush',
  condition: 'pageviews > 10',
  currentValue: 11,
  threshold: 10,
}

const makeNotice = (destination: Notification['destination']): Notification => ({
  id: 1,
  alertId: 'alert_1',
  siteId: 'ws_1',
  accountId: 'acc_1',
  key: 'k',
  event: 'alert',
  at: 5,
  data,
  destination,
  attempts: 1,
})
const toSlack = () => makeNotice({ type: 'slack', sealed: box.seal(URL_OF_SLACK) })
const toMail = () => makeNotice({ type: 'email', sealed: box.seal('ops@example.com') })

function dispatch(services: Partial<SendNotificationServices> & { answer?: Partial<AttemptResult> } = {}) {
  const { answer, ...others } = services
  const asked: AttemptRequest[] = []
  const attempt = async (request: AttemptRequest) => {
    asked.push(request)
    return { status: 200, error: undefined, answer: 'ok', durationMs: 1, ...answer }
  }
  return {
    asked,
    send: createSendNotification({
      outbox: { put: async () => {} },
      attempt,
      sendMail: () => Promise.reject(new Error('unexpected mail')),
      box,
      ...others,
    }),
  }
}

it('posts an alert message to the Slack URL', async () => {
  const { send, asked } = dispatch()
  expect(await send(toSlack(), signal)).toEqual({ result: 'done' })
  expect(asked).toMatchObject([
    { url: URL_OF_SLACK, headers: { 'content-type': 'application/json' }, signal },
  ])
  expect((JSON.parse(asked[0]!.body) as { text: string }).text).toBe('🚨 Alert: Rush')
})

it.each([
  [{ status: 500 }, { result: 'retry', error: 'HTTP 500' }],
  [{ status: 429 }, { result: 'retry', error: 'HTTP 429' }],
  [{ status: 404 }, { result: 'failed', error: 'HTTP 404' }],
  [{ status: 302 }, { result: 'failed', error: 'HTTP 302' }],
  [
    { status: undefined, error: 'timeout' },
    { result: 'retry', error: 'timeout' },
  ],
  [
    { status: undefined, error: 'refused-address' },
    { result: 'failed', error: 'refused-address' },
  ],
] as const)('classifies the Slack response %j as %j', async (answer, result) => {
  expect(await dispatch({ answer }).send(toSlack(), signal)).toEqual(result)
})

it('queues an alert as a webhook event, and retries if the outbox is unavailable', async () => {
  const put: unknown[] = []
  const notice = makeNotice({ type: 'webhook' })
  expect(
    await dispatch({ outbox: { put: async (events) => void put.push(...events) } }).send(notice, signal),
  ).toEqual({ result: 'done' })
  expect(put).toEqual([{ key: 'k', name: 'alert', siteId: 'ws_1', at: 5, data }])
  expect(
    await dispatch({ outbox: { put: () => Promise.reject(new ApiError('STORE_UNAVAILABLE')) } }).send(
      notice,
      signal,
    ),
  ).toMatchObject({ result: 'retry' })
})

it('sends a mail to the decrypted address', async () => {
  const sent: string[] = []
  const sendMail: SendNotificationServices['sendMail'] = async (_, address) => {
    sent.push(address)
    return { result: 'failed', error: 'SMTP 550' }
  }
  expect(await dispatch({ sendMail }).send(toMail(), signal)).toEqual({ result: 'failed', error: 'SMTP 550' })
  expect(sent).toEqual(['ops@example.com'])
})

it('returns a permanent failure if the alert destination was encrypted with another master key', async () => {
  const other = createSecretBox(randomBytes(32))
  expect(await dispatch({ box: other }).send(toSlack(), signal)).toMatchObject({ result: 'failed' })
})
