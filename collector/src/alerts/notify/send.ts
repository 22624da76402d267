import type { SecretBox } from '../../control/secrets/secret-box.js'
import type { Attempt } from '../../egress/attempt.js'
import type { Outbox } from '../../webhooks/outbox.js'
import type { Notification } from '../alert-store.js'
import { type Mailer, buildMail } from './mail.js'
import { buildSlackMessage } from './slack.js'

/** Result of an attempt to send a notification. `retry` means that another attempt may succeed. */
export type SendResult = { result: 'done' } | { result: 'retry' | 'failed'; error: string }

/** Sends a notification to its destination. Never rejects. */
export type SendNotification = (notification: Notification, signal: AbortSignal) => Promise<SendResult>

export interface SendNotificationServices {
  outbox: Pick<Outbox, 'put'>
  attempt: Attempt
  /** Sends mails, or undefined if no mail server is configured. */
  mailer: Mailer | undefined
  box: Pick<SecretBox, 'open'>
}

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'Zenovay-Alerts/1.0' }
const TOO_MANY_REQUESTS = 429

/** Creates a function that sends a notification by email, to Slack, or to the queue of webhook deliveries. */
export function createSendNotification({
  outbox,
  attempt,
  mailer,
  box,
}: SendNotificationServices): SendNotification {
  const sendWebhook: SendNotification = ({ key, event, siteId, at, data }) =>
    outbox.put([{ key, name: event, siteId, at, data }]).then<SendResult, SendResult>(
      () => ({ result: 'done' }),
      () => ({ result: 'retry', error: 'the queue cannot be written' }),
    )

  const sendSlack = async (
    notification: Notification,
    url: string,
    signal: AbortSignal,
  ): Promise<SendResult> => {
    const body = buildSlackMessage(notification)
    const { status, error } = await attempt({ url, body, headers: HEADERS, signal })
    if (status === undefined)
      return { result: error === 'refused-address' ? 'failed' : 'retry', error: error ?? 'connection' }
    if (status >= 200 && status < 300) return { result: 'done' }
    const isRetried = status >= 500 || status === TOO_MANY_REQUESTS
    return { result: isRetried ? 'retry' : 'failed', error: `HTTP ${status}` }
  }

  const sendMail = async (
    notification: Notification,
    address: string,
    signal: AbortSignal,
  ): Promise<SendResult> => {
    if (!mailer) return { result: 'failed', error: 'no mail server is configured' }
    const sent = await mailer.send(buildMail(notification, address), signal)
    return sent.isSent ? { result: 'done' } : { result: sent.isFinal ? 'failed' : 'retry', error: sent.error }
  }

  return async (notification, signal) => {
    const { destination } = notification
    if (destination.type === 'webhook') return sendWebhook(notification, signal)
    let secret: string
    try {
      secret = box.open(destination.sealed)
    } catch {
      return { result: 'failed', error: 'it was sealed with another master key' }
    }
    return destination.type === 'slack'
      ? sendSlack(notification, secret, signal)
      : sendMail(notification, secret, signal)
  }
}
