import { signWebhook } from '../../src/server/sign-webhook.js'
import type { WebhookRequest } from '../../src/server/verify-webhook.js'
import type { WebhookEvent } from '../../src/server/webhook-event.js'

export const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
export const EVENT: WebhookEvent = {
  id: 'evt_1',
  event: 'goal',
  timestamp: '2026-11-21T12:00:00.000Z',
  data: { siteId: 'ws_1', goalId: 'goal_1', goalName: 'Zürich 🎉', path: '/', value: null },
}
export const AT = 1_795_262_400_000

/** A signed delivery of {@link EVENT}. */
export const sign = async (): Promise<
  WebhookRequest & { body: string; headers: Record<string, string> }
> => ({
  ...(await signWebhook({ event: EVENT, secret: SECRET, at: AT })),
  secret: SECRET,
  now: () => AT,
})
