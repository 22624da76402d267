import { type ApiKey, reaches } from '../control/keys/api-key.js'
import type { SecretBox } from '../control/secrets/secret-box.js'
import { AttemptFailure } from '../egress/attempt-failure.js'
import { type AttemptResult } from '../egress/attempt.js'
import type { EgressGuard } from '../egress/guard.js'
import { ApiError, validationError } from '../errors.js'
import type { RateLimiter } from '../http/rate-limit.js'
import type { Webhooks } from './service.js'
import { createWebhookSecret } from './signing.js'
import type { ReplayChoice } from './webhook-store.js'
import { MAX_WEBHOOKS, type NewWebhook, type Webhook, WEBHOOK_EVENTS, type WebhookReach } from './webhook.js'

/**
 * Webhook management behind both APIs; callers check that the key may manage webhooks. A key reaches the
 * webhooks of its site or, for account-wide keys, of its account; others are `NOT_FOUND`.
 */
export interface WebhookManagement {
  /** The reason why a URL may not be called, without looking up its host; undefined when it may. */
  findUrlIssue(url: string): string | undefined
  /**
   * Adds one to a site that the key reaches, or with null to its account. Throws `VALIDATION_ERROR` when the
   * URL may not be called or there are too many. The secret is returned here only.
   */
  create(
    key: ApiKey,
    siteId: string | null,
    fields: WebhookFields,
  ): Promise<{ webhook: Webhook; secret: string }>
  list(reach: WebhookReach): Promise<Webhook[]>
  /** Sends a test event once and waits for the answer. */
  test(key: ApiKey, id: string): Promise<AttemptResult>
  /** Resolves to the new secret once nothing is signed with the old one. */
  rotate(key: ApiKey, id: string): Promise<string>
  /** Resolves when nothing is delivered to it any more. */
  remove(key: ApiKey, id: string): Promise<void>
  enable(key: ApiKey, id: string): Promise<void>
  /** Resolves to the number of deliveries queued again. */
  replay(key: ApiKey, id: string, choice: ReplayChoice): Promise<number>
}

/** @default every event, and no description */
type WebhookFields = Pick<NewWebhook, 'url'> & {
  events?: NewWebhook['events'] | undefined
  description?: string | undefined
}

interface WebhookManagementServices {
  webhooks: Webhooks
  guard: EgressGuard
  box: SecretBox
  /** Limits test deliveries per account, because each sends a request to any given URL. */
  limiter: RateLimiter
}

/**
 * Event name of test deliveries; no webhook can subscribe to it, so no receiver mistakes a test for a real
 * event.
 */
const TEST_EVENT = 'test'
/** Test deliveries per account. */
export const TEST_RULES = [{ limit: 30, windowMs: 60_000 }]

// A name with slow servers is accepted; it is resolved again before every attempt.
const LOOK_UP_TIMEOUT_MS = 2_000

export function createWebhookManagement({
  webhooks,
  guard,
  box,
  limiter,
}: WebhookManagementServices): WebhookManagement {
  const find = async (key: ApiKey, id: string): Promise<Webhook> => {
    const webhook = await webhooks.findWebhook(id)
    if (!webhook || !reaches(key, webhook)) throw new ApiError('NOT_FOUND')
    return webhook
  }
  /** Another request may have removed the webhook meanwhile. */
  const found = <Result>(result: Result | undefined | false): Result => {
    if (result === undefined || result === false) throw new ApiError('NOT_FOUND')
    return result
  }

  return {
    list: (reach) => webhooks.listWebhooks(reach),
    findUrlIssue(url) {
      const checked = guard.checkUrl(url)
      return 'refusal' in checked ? checked.refusal : undefined
    },
    async create(key, siteId, { url: given, events = [...WEBHOOK_EVENTS], description = '' }) {
      const checked = guard.checkUrl(given)
      if ('refusal' in checked) throw validationError('url', checked.refusal)
      const url = checked.url.href
      if (await leadsInside(guard, url))
        throw validationError('url', 'URL must name a host on the public internet')
      const secret = createWebhookSecret()
      const webhook = await webhooks.add(
        { url, events, description, accountId: key.accountId, siteId, secret: box.seal(secret) },
        key.id,
      )
      if (!webhook)
        throw validationError(
          'webhooks',
          `Maximum ${MAX_WEBHOOKS} webhooks per ${siteId === null ? 'account' : 'site'}`,
        )
      return { webhook, secret }
    },
    async test(key, id) {
      const webhook = await find(key, id)
      const retryAfterS = limiter.take(key.accountId, 1)
      if (retryAfterS > 0) throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS })
      const data = { siteId: webhook.siteId, webhookId: webhook.id, message: 'This is a test delivery.' }
      return found(await webhooks.test(webhook.id, { event: TEST_EVENT, data, actor: key.id }))
    },
    async rotate(key, id) {
      const secret = createWebhookSecret()
      found(await webhooks.rotate((await find(key, id)).id, box.seal(secret), key.id))
      return secret
    },
    async remove(key, id) {
      found(await webhooks.remove((await find(key, id)).id, key.id))
    },
    async enable(key, id) {
      found(await webhooks.enable((await find(key, id)).id, key.id))
    },
    async replay(key, id, choice) {
      return found(await webhooks.replay((await find(key, id)).id, choice, key.id))
    },
  }
}

async function leadsInside(guard: EgressGuard, url: string): Promise<boolean> {
  try {
    await guard.addressesOf(new URL(url).hostname, AbortSignal.timeout(LOOK_UP_TIMEOUT_MS))
    return false
  } catch (error) {
    return error instanceof AttemptFailure && error.kind === 'refused-address'
  }
}
