import { Type } from '@sinclair/typebox'
import { MAX_REPLAYED_PER_HOUR } from '../control/account-bounds.js'
import { authorise } from '../control/keys/gate.js'
import { MOMENT, MOMENT_EXAMPLE, toIso } from '../http/api/route.js'
import { type AddIssue, field, oneOf, orNull } from '../http/fields.js'
import { ATTEMPT_ERROR, DESCRIPTION, EVENT_TYPES, REPLAY, WEBHOOK_URL } from '../webhooks/fields.js'
import { type Webhook, WEBHOOK_EVENTS } from '../webhooks/webhook.js'
import { defineRoute, type RouteServices } from './define-route.js'

const BASE = '/v1/cli/mutate/webhooks'
export const SUCCESS = { success: Type.Literal(true) }
const ID = { ...SUCCESS, id: Type.String() }
export const EVENTS = Type.Array(oneOf(WEBHOOK_EVENTS))
const SECRET = Type.String({ description: 'whsec_…; in this answer only.' })
/**
 * Unknown parameters are ignored, because the products that these APIs are compatible with ignore them, too.
 */
export const LENIENT = { additionalProperties: true }
export const NO_QUERY = Type.Object({}, LENIENT)

export const URL_OF_WEBHOOK = Type.String({
  description: 'For keys without the scope admin only its origin, such as https://hooks.example.com.',
})
const WEBHOOK = {
  id: Type.String(),
  url: URL_OF_WEBHOOK,
  website_id: orNull(Type.String(), 'Null: all websites of its account.'),
  events: EVENTS,
  description: Type.String(),
  active: Type.Boolean(),
  disabled_reason: orNull(Type.String()),
  created_at: MOMENT,
  last_triggered_at: orNull(Type.String(), 'ISO 8601, UTC.'),
}
export const EXAMPLE = {
  id: 'wh_abc123',
  url: 'https://hooks.example.com/zenovay',
  website_id: 'ws_abc123',
  events: ['goal', 'alert'],
  description: '',
  active: true,
  disabled_reason: null,
  created_at: MOMENT_EXAMPLE,
  last_triggered_at: null,
}
const ID_EXAMPLE = { success: true, id: EXAMPLE.id }
export const SECRET_EXAMPLE = `whsec_${'A'.repeat(43)}=`

export function refineUrl(
  { url }: { url?: string },
  addIssue: AddIssue,
  { services: { webhooks } }: { services: Pick<RouteServices, 'webhooks'> },
): void {
  const reason = url === undefined ? undefined : webhooks.findUrlIssue(url)
  if (reason !== undefined) addIssue('url', reason)
}

// Routes under `/v1/cli/mutate/webhooks`, through which the Zenovay command line manages webhooks.

export const listWebhooks = defineRoute({
  path: BASE,
  operationId: 'listWebhooks',
  summary: 'List the webhooks that the key reaches',
  query: NO_QUERY,
  response: Type.Object({ ...SUCCESS, webhooks: Type.Array(Type.Object(WEBHOOK)) }),
  example: { success: true, webhooks: [EXAMPLE] },
  answer: async ({ key, services: { webhooks } }) => ({
    success: true,
    webhooks: (await webhooks.list(key, key)).map(toWebhookJson),
  }),
})

export const createWebhook = defineRoute({
  method: 'POST',
  path: BASE,
  operationId: 'createWebhook',
  scope: 'admin',
  status: 201,
  summary: 'Create a webhook',
  query: NO_QUERY,
  body: Type.Object({
    url: WEBHOOK_URL,
    website_id: Type.Optional(
      field<string | null>(orNull(Type.String(), 'Null or left out: all websites of the key.'), {
        parse: (value) => (value === null || typeof value === 'string' ? value : undefined),
        reason: 'must be the ID of a website, or null for all',
      }),
    ),
    events: Type.Optional(EVENT_TYPES),
    description: Type.Optional(DESCRIPTION),
  }),
  refine: refineUrl,
  request: { url: EXAMPLE.url, website_id: EXAMPLE.website_id, events: EXAMPLE.events },
  response: Type.Object({ ...SUCCESS, ...WEBHOOK, secret: SECRET }),
  example: { success: true, ...EXAMPLE, secret: SECRET_EXAMPLE },
  answer: async ({ key, body, services: { webhooks, control } }) => {
    const { website_id: siteId = null, ...fields } = body
    if (siteId !== null) await authorise(key, siteId, control)
    const { webhook, secret } = await webhooks.create(key, siteId ?? key.siteId, fields)
    return { success: true, ...toWebhookJson(webhook), secret }
  },
})

export const testWebhook = defineRoute({
  method: 'POST',
  path: `${BASE}/{id}/test`,
  operationId: 'testWebhook',
  scope: 'admin',
  summary: 'Send a test event at once',
  query: NO_QUERY,
  response: Type.Object({
    ...SUCCESS,
    status: orNull(Type.Integer()),
    body: Type.String({ description: 'At most 4 KB of the answer.' }),
    duration_ms: Type.Number(),
    error: ATTEMPT_ERROR,
  }),
  example: { success: true, status: 200, body: 'ok', duration_ms: 84, error: null },
  answer: async ({ key, params: { id }, services: { webhooks } }) => {
    const { status, error, answer, durationMs } = await webhooks.test(key, id)
    return {
      success: true,
      status: status ?? null,
      body: answer,
      duration_ms: durationMs,
      error: error ?? null,
    }
  },
})

export const rotateWebhook = defineRoute({
  method: 'POST',
  path: `${BASE}/{id}/rotate`,
  operationId: 'rotateWebhook',
  scope: 'admin',
  summary: 'Replace the secret; the old one becomes invalid',
  query: NO_QUERY,
  response: Type.Object({ ...ID, secret: SECRET }),
  example: { ...ID_EXAMPLE, secret: SECRET_EXAMPLE },
  answer: async ({ key, params: { id }, services: { webhooks } }) => ({
    success: true,
    id,
    secret: await webhooks.rotate(key, id),
  }),
})

export const enableWebhook = defineRoute({
  method: 'POST',
  path: `${BASE}/{id}/enable`,
  operationId: 'enableWebhook',
  scope: 'admin',
  summary: 'Enable a disabled webhook',
  query: NO_QUERY,
  response: Type.Object(ID),
  example: ID_EXAMPLE,
  answer: async ({ key, params: { id }, services: { webhooks } }) => {
    await webhooks.enable(key, id)
    return { success: true, id }
  },
})

export const replayWebhook = defineRoute({
  method: 'POST',
  path: `${BASE}/{id}/replay`,
  operationId: 'replayWebhook',
  scope: 'admin',
  summary: 'Send one delivery again, or all that failed since a time',
  description: `At most ${MAX_REPLAYED_PER_HOUR} deliveries per account and hour; then 429, which says how many were queued.`,
  query: NO_QUERY,
  body: Type.Partial(Type.Object(REPLAY)),
  refine: (choice, addIssue) => {
    if (Object.keys(choice).length !== 1) addIssue('body', 'must have either event_id or failed_since')
  },
  request: { failed_since: MOMENT_EXAMPLE },
  response: Type.Object({ ...ID, replayed: Type.Integer() }),
  example: { ...ID_EXAMPLE, replayed: 12 },
  answer: async ({ key, params: { id }, body, services: { webhooks } }) => {
    const { event_id: eventId, failed_since: failedSince } = body
    const choice = eventId === undefined ? { failedSince: failedSince! } : { eventId }
    return { success: true, id, replayed: await webhooks.replay(key, id, choice) }
  },
})

export const removeWebhook = defineRoute({
  method: 'DELETE',
  path: `${BASE}/{id}`,
  operationId: 'removeWebhook',
  scope: 'admin',
  summary: 'Remove a webhook; nothing is delivered after the answer',
  query: NO_QUERY,
  response: Type.Object(ID),
  example: ID_EXAMPLE,
  answer: async ({ key, params: { id }, services: { webhooks } }) => {
    await webhooks.remove(key, id)
    return { success: true, id }
  },
})

function toWebhookJson(webhook: Webhook) {
  const { id, url, siteId, events, description, isActive, disabledReason, createdAt, lastTriggeredAt } =
    webhook
  return {
    id,
    url,
    website_id: siteId,
    events,
    description,
    active: isActive,
    disabled_reason: disabledReason,
    created_at: toIso(createdAt),
    last_triggered_at: toIso(lastTriggeredAt),
  }
}
