import { type ApiKey, reaches } from '../control/keys/api-key.js'
import type { SecretBox } from '../control/secrets/secret-box.js'
import { type AttemptResult } from '../egress/attempt.js'
import type { EgressGuard } from '../egress/guard.js'
import { ApiError, validationError } from '../errors.js'
import type { RateLimiter } from '../http/rate-limit.js'
import type { Webhooks } from './service.js'
import { createWebhookSecret } from './signing.js'
import type { ReplayChoice } from './webhook-store.js'
import { MAX_WEBHOOKS, type NewWebhook, type Webhook, WEBHOOK_EVENTS, type WebhookReach } from './webhook.js'

/**
 * Manages webhooks for both APIs. Callers must check that the API key has permission to manage webhooks.
 * Methods throw `NOT_FOUND` if the webhook does not exist or the key cannot access it.
 */
export interface WebhookManagement {
  /**
   * Returns the reason why a URL is not allowed, or undefined if it is allowed. Does not resolve the host
   * name: the answer would tell which names exist in the network of the collector.
   */
  findUrlIssue(url: string): string | undefined
  /**
   * Adds a webhook to a site that the key can access, or to the account of the key if `siteId` is null.
   * Throws `VALIDATION_ERROR` if the URL is not allowed or the maximum number of webhooks is reached. The
   * returned secret cannot be read again.
   */
  create(
    key: ApiKey,
    siteId: string | null,
    fields: WebhookFields,
  ): Promise<{ webhook: Webhook; secret: string }>
  /**
   * Lists webhooks. For a key without the scope `admin`, `url` is cut to the origin, because the rest of a URL
   * is often a secret that allows anyone to post to the receiver.
   */
  list(key: ApiKey, reach: WebhookReach): Promise<Webhook[]>
  /** Sends one test event without retries and resolves to the result of the attempt. */
  test(key: ApiKey, id: string): Promise<AttemptResult>
  /**
   * Replaces the secret of a webhook. Resolves to the new secret when all attempts with the old secret have
   * ended.
   */
  rotate(key: ApiKey, id: string): Promise<string>
  /** Removes a webhook. Resolves when all attempts for the webhook have ended. */
  remove(key: ApiKey, id: string): Promise<void>
  enable(key: ApiKey, id: string): Promise<void>
  /**
   * Queues deliveries of a webhook again. Resolves to the number of queued deliveries. Throws
   * `RATE_LIMIT_EXCEEDED` if some could not be queued, because the account has replayed
   * `MAX_REPLAYED_PER_HOUR` deliveries within an hour.
   */
  replay(key: ApiKey, id: string, choice: ReplayChoice): Promise<number>
}

/** Input fields of a new webhook. @default every event type, and an empty description */
type WebhookFields = Pick<NewWebhook, 'url'> & {
  events?: NewWebhook['events'] | undefined
  description?: string | undefined
}

interface WebhookManagementServices {
  webhooks: Webhooks
  guard: EgressGuard
  box: SecretBox
  /**
   * Limits test deliveries per account, because each one sends a request to a URL that the user has chosen.
   */
  limiter: RateLimiter
}

/**
 * Event name of test deliveries. No webhook can subscribe to this name, so that no receiver mistakes a test
 * for a real event.
 */
export const TEST_EVENT = 'test'
/** Rate limit for the test deliveries of one account. */
export const TEST_RULES = [{ limit: 30, windowMs: 60_000 }]

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
  /** Throws `NOT_FOUND` if another request has removed the webhook in the meantime. */
  const found = <Result>(result: Result | undefined | false): Result => {
    if (result === undefined || result === false) throw new ApiError('NOT_FOUND')
    return result
  }

  return {
    async list(key, reach) {
      const listed = await webhooks.listWebhooks(reach)
      return key.scope === 'admin'
        ? listed
        : listed.map((webhook) => ({ ...webhook, url: new URL(webhook.url).origin }))
    },
    findUrlIssue(url) {
      const checked = guard.checkUrl(url)
      return 'refusal' in checked ? checked.refusal : undefined
    },
    async create(key, siteId, { url: given, events = [...WEBHOOK_EVENTS], description = '' }) {
      const checked = guard.checkUrl(given)
      if ('refusal' in checked) throw validationError('url', checked.refusal)
      const url = checked.url.href
      const secret = createWebhookSecret()
      const webhook = await webhooks.add(
        { url, events, description, accountId: key.accountId, siteId, secret: box.seal(secret) },
        key.id,
      )
      if (!webhook)
        throw validationError(
          'webhooks',
          siteId === null
            ? `Maximum ${MAX_WEBHOOKS} webhooks for all sites of an account`
            : `Maximum ${MAX_WEBHOOKS} webhooks per site`,
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
