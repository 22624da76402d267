import type { Fault } from '@zenovay/tracker/contract'
import type { ApiKey } from '../control/keys/api-key.js'
import type { SecretBox } from '../control/secrets/secret-box.js'
import { AttemptFailure, type AttemptResult } from '../egress/attempt.js'
import type { EgressGuard } from '../egress/guard.js'
import { ApiError } from '../errors.js'
import type { RateLimiter } from '../http/rate-limit/rate-limiter.js'
import type { Webhooks } from './service.js'
import { createWebhookSecret } from './signing.js'
import type { ReplayChoice } from './webhook-store.js'
import {
  isWebhookEventName,
  MAX_WEBHOOKS,
  type NewWebhook,
  type Webhook,
  WEBHOOK_EVENTS,
  type WebhookEventName,
  type WebhookReach,
} from './webhook.js'

/**
 * Webhook management behind both APIs; callers check that the key may manage webhooks. A key reaches the webhooks of its site or, for
 * account-wide keys, of its account; others are `NOT_FOUND`.
 */
export interface WebhookManagement {
  /** Creates a webhook of a site or, with null, of the account. Throws `VALIDATION_ERROR` with every issue, also at the limit of webhooks. The only call that returns the secret. */
  create(
    key: ApiKey,
    siteId: string | null,
    given: GivenWebhook,
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

interface WebhookManagementServices {
  webhooks: Webhooks
  guard: EgressGuard
  box: SecretBox
  /** Limits test deliveries per account, because each sends a request to any given URL. */
  limiter: RateLimiter
}

/** Event name of test deliveries; no webhook can subscribe to it, so no receiver mistakes a test for a real event. */
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
    if (
      !webhook ||
      webhook.accountId !== key.accountId ||
      (key.siteId !== null && webhook.siteId !== key.siteId)
    )
      throw new ApiError('NOT_FOUND')
    return webhook
  }
  /** Another request may have removed the webhook meanwhile. */
  const found = <Result>(result: Result | undefined | false): Result => {
    if (result === undefined || result === false) throw new ApiError('NOT_FOUND')
    return result
  }

  return {
    list: (reach) => webhooks.listWebhooks(reach),
    async create(key, siteId, given) {
      const read = parseNewWebhook(given, guard)
      if ('faults' in read) throw new ApiError('VALIDATION_ERROR', { details: read.faults })
      if (await leadsInside(guard, read.fields.url))
        throw refuse('url', 'URL must name a host on the public internet')
      const secret = createWebhookSecret()
      const webhook = await webhooks.add(
        { ...read.fields, accountId: key.accountId, siteId, secret: box.seal(secret) },
        key.id,
      )
      if (!webhook)
        throw refuse(
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

function refuse(field: string, reason: string): ApiError {
  return new ApiError('VALIDATION_ERROR', { details: [{ field, reason }] })
}

/** What somebody writes of a new webhook, whatever names it has on the wire. */
interface GivenWebhook {
  url: unknown
  /** Left out: every event. */
  events?: unknown
  description?: unknown
}

export const MAX_EVENTS_PER_WEBHOOK = 5
const MAX_DESCRIPTION_LENGTH = 500
const SHOWN_LENGTH = 100

/** Either the fields of a new webhook or every fault. Asks no name server. */
function parseNewWebhook(
  { url, events, description: given }: GivenWebhook,
  guard: Pick<EgressGuard, 'checkUrl'>,
): { fields: Pick<NewWebhook, 'url' | 'events' | 'description'> } | { faults: Fault[] } {
  const faults: Fault[] = []
  const description = given ?? ''
  const checked =
    typeof url === 'string'
      ? guard.checkUrl(url)
      : { refusal: url === undefined ? 'url is required' : 'URL must use HTTPS' }
  if ('refusal' in checked) faults.push({ field: 'url', reason: checked.refusal })
  const chosen = readEvents(events)
  if (typeof chosen === 'string') faults.push({ field: 'events', reason: chosen })
  if (typeof description !== 'string' || description.length > MAX_DESCRIPTION_LENGTH)
    faults.push({
      field: 'description',
      reason: `description must be a text of at most ${MAX_DESCRIPTION_LENGTH} characters`,
    })
  if (
    'refusal' in checked ||
    typeof chosen === 'string' ||
    typeof description !== 'string' ||
    faults.length > 0
  )
    return { faults }
  return { fields: { url: checked.url.href, events: chosen, description } }
}

/** The event types of a choice, each once; or what is wrong with it. */
function readEvents(given: unknown): WebhookEventName[] | string {
  if (given === undefined) return [...WEBHOOK_EVENTS]
  if (!Array.isArray(given) || given.length === 0) return 'events must be an array of event types'
  const names = [...new Set<unknown>(given)]
  const unknown = names.find((name) => !isWebhookEventName(name))
  if (unknown !== undefined)
    return `Invalid event type: ${(typeof unknown === 'string' ? unknown : JSON.stringify(unknown)).slice(0, SHOWN_LENGTH)}`
  return names.length > MAX_EVENTS_PER_WEBHOOK
    ? `Maximum ${MAX_EVENTS_PER_WEBHOOK} event types per webhook`
    : (names as WebhookEventName[])
}
