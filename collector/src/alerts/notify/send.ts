import type { SecretBox } from '../../control/secrets/secret-box.js'
import type { Attempt } from '../../egress/attempt.js'
import type { Outbox } from '../../webhooks/outbox.js'
import type { Notification, TriggerNotification } from '../alert-store.js'
import type { SendMail, SendResult } from './send-mail.js'
import { buildSlackMessage } from './slack.js'

/** Sends a notification to its destination. Never rejects. */
export type SendNotification = (notification: Notification, signal: AbortSignal) => Promise<SendResult>

export interface SendNotificationServices {
  outbox: Pick<Outbox, 'put'>
  attempt: Attempt
  sendMail: SendMail
  box: Pick<SecretBox, 'open'>
}

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'Zenovay-Alerts/1.0' }
const TOO_MANY_REQUESTS = 429

/** Creates a function that sends a notification by email, to Slack, or to the queue of webhook deliveries. */
export function createSendNotification({
  outbox,
  attempt,
  sendMail,
  box,
}: SendNotificationServices): SendNotification {
  const sendWebhook = ({ key, event, siteId, at, data }: TriggerNotification) =>
    outbox.put([{ key, name: event, siteId, at, data }]).then<SendResult, SendResult>(
      () => ({ result: 'done' }),
      () => ({ result: 'retry', error: 'the queue cannot be written' }),
    )

  const sendSlack = async (
    notification: TriggerNotification,
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

  return async (notification, signal) => {
    const { destination } = notification
    let plain = ''
    try {
      if (destination.type !== 'webhook') plain = box.open(destination.sealed)
    } catch {
      return { result: 'failed', error: 'it was sealed with another master key' }
    }
    // Confirmations exist for email destinations only.
    if (destination.type === 'email' || notification.event === 'confirmation')
      return sendMail(notification, plain, signal)
    return destination.type === 'slack' ? sendSlack(notification, plain, signal) : sendWebhook(notification)
  }
}
