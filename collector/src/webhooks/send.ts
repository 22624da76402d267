import type { Attempt, AttemptResult } from '../egress/attempt.js'
import type { signDelivery } from './signing.js'
import type { Webhook } from './webhook.js'

/** A webhook message that is not signed yet. */
export interface Message {
  webhook: Pick<Webhook, 'id' | 'url' | 'secret'>
  eventId: string
  event: string
  body: string
}

/** Signs a message with the current time and sends it once, without retries. Never rejects. */
export type Send = (message: Message, signal: AbortSignal) => Promise<AttemptResult>

interface SendServices {
  attempt: Attempt
  sign: typeof signDelivery
  /** Decrypts a stored secret. */
  openSecret: (sealed: string) => string
  /** Unix time in milliseconds. */
  now: () => number
}

export function createSend({ attempt, sign, openSecret, now }: SendServices): Send {
  return async ({ webhook, eventId, event, body }, signal) => {
    const secret = tryOpen(openSecret, webhook.secret)
    if (secret === undefined) return { status: undefined, error: 'secret', answer: '', durationMs: 0 }
    const headers = sign({ secret, id: eventId, event, webhookId: webhook.id, body, at: now() })
    return attempt({ url: webhook.url, body, headers, signal })
  }
}

/** Decrypts a stored secret. Returns undefined if it was encrypted with another master key. */
function tryOpen(open: (sealed: string) => string, sealed: string): string | undefined {
  try {
    return open(sealed)
  } catch {
    return undefined
  }
}
