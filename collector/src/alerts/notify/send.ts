import type { SecretBox } from '../../control/secrets/secret-box.js'
import type { Attempt } from '../../egress/attempt.js'
import type { Outbox } from '../../webhooks/outbox.js'
import type { Notification } from '../alert-store.js'
import { type Mailer, buildMail } from './mail.js'
import type { SendNotification, SendResult } from './sender.js'
import { buildSlackMessage } from './slack.js'

export interface SendNotificationServices {
  outbox: Pick<Outbox, 'put'>
  attempt: Attempt
  /** Undefined where no mail server is configured. */
  mailer: Mailer | undefined
  box: Pick<SecretBox, 'open'>
}

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'Zenovay-Alerts/1.0' }
const TOO_MANY_REQUESTS = 429

/** Sends each notice in the way of its destination: to the queue of webhooks, to Slack under their egress guard, or as a mail. */
export function createSendNotification({
  outbox,
  attempt,
  mailer,
  box,
}: SendNotificationServices): SendNotification {
  const sendSlack = async (notice: Notification, url: string, signal: AbortSignal): Promise<SendResult> => {
    const { status, error } = await attempt({
      url,
      body: buildSlackMessage(notice),
      headers: HEADERS,
      signal,
    })
    if (status !== undefined && status >= 200 && status < 300) return { result: 'done' }
    if (status === undefined)
      return { result: error === 'refused-address' ? 'failed' : 'retry', error: error ?? 'connection' }
    return {
      result: status >= 500 || status === TOO_MANY_REQUESTS ? 'retry' : 'failed',
      error: `HTTP ${status}`,
    }
  }

  const sendMail = async (
    notice: Notification,
    address: string,
    signal: AbortSignal,
  ): Promise<SendResult> => {
    if (!mailer) return { result: 'failed', error: 'no mail server is configured' }
    const sent = await mailer.send(buildMail(notice, address), signal)
    return sent.isSent ? { result: 'done' } : { result: sent.isFinal ? 'failed' : 'retry', error: sent.error }
  }

  return async (notice, signal) => {
    const { destination, key, event, siteId, at, data } = notice
    if (destination.type === 'webhook')
      return outbox.put([{ key, name: event, siteId, at, data }]).then<SendResult, SendResult>(
        () => ({ result: 'done' }),
        () => ({ result: 'retry', error: 'the queue cannot be written' }),
      )
    let secret: string
    try {
      secret = box.open(destination.sealed)
    } catch {
      return { result: 'failed', error: 'it was sealed with another master key' }
    }
    return destination.type === 'slack' ? sendSlack(notice, secret, signal) : sendMail(notice, secret, signal)
  }
}
