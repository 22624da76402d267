import { Type } from '@sinclair/typebox'
import { authoriseOwn } from '../control/keys/gate.js'
import { type FlatErrors, MOMENT, MOMENT_EXAMPLE, toIso } from '../http/api/route.js'
import { field, orNull } from '../http/fields.js'
import { DESCRIPTION, EVENT_TYPES, WEBHOOK_URL } from '../webhooks/fields.js'
import type { Webhook } from '../webhooks/webhook.js'
import { defineRoute } from './define-route.js'
import {
  EVENTS,
  EXAMPLE,
  LENIENT,
  NO_QUERY,
  refineUrl,
  SECRET_EXAMPLE,
  SUCCESS,
  URL_OF_WEBHOOK,
} from './webhooks.js'

// Routes under `/api/webhooks`, which manage the webhooks of one site and are compatible with Zero Trust
// Analytics.

const FLAT_ERRORS: FlatErrors = { notFound: 'Webhook not found' }
const MASKED_SECRET = 'whsec_********'

/** Creates the schema of a required string. If it is missing or empty, the error is `<name> is required`. */
const requiredText = (name: string) =>
  field<string>(Type.String({ minLength: 1 }), {
    parse: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
    reason: `${name} is required`,
    missing: `${name} is required`,
  })
export const FLAT_SITE_ID = requiredText('siteId')

const FLAT_WEBHOOK = {
  id: Type.String(),
  url: URL_OF_WEBHOOK,
  events: EVENTS,
  secret: Type.String(),
  active: Type.Boolean(),
  createdAt: MOMENT,
}
const FLAT_EXAMPLE = {
  id: EXAMPLE.id,
  url: EXAMPLE.url,
  events: EXAMPLE.events,
  secret: SECRET_EXAMPLE,
  active: true,
  createdAt: MOMENT_EXAMPLE,
}

export const listSiteWebhooks = defineRoute({
  path: '/api/webhooks',
  operationId: 'listSiteWebhooks',
  flatErrors: FLAT_ERRORS,
  summary: 'List the webhooks of a site, with masked secrets',
  query: Type.Object({ siteId: FLAT_SITE_ID }, LENIENT),
  response: Type.Object({
    webhooks: Type.Array(
      Type.Object({
        ...FLAT_WEBHOOK,
        lastTriggered: orNull(Type.String(), 'ISO 8601, UTC.'),
        disabledReason: Type.Optional(orNull(Type.String())),
      }),
    ),
  }),
  example: { webhooks: [{ ...FLAT_EXAMPLE, secret: MASKED_SECRET, lastTriggered: null }] },
  answer: async ({ key, query, services: { webhooks, control } }) => {
    const { accountId, id } = await authoriseOwn(key, query.siteId, control)
    return {
      webhooks: (await webhooks.list(key, { accountId, siteId: id })).map((webhook) => ({
        ...toFlatJson(webhook, MASKED_SECRET),
        lastTriggered: toIso(webhook.lastTriggeredAt),
        ...(!webhook.isActive && { disabledReason: webhook.disabledReason }),
      })),
    }
  },
})

export const createSiteWebhook = defineRoute({
  method: 'POST',
  path: '/api/webhooks',
  operationId: 'createSiteWebhook',
  scope: 'admin',
  status: 201,
  flatErrors: FLAT_ERRORS,
  summary: 'Create a webhook of a site',
  query: NO_QUERY,
  body: Type.Object(
    {
      siteId: FLAT_SITE_ID,
      url: WEBHOOK_URL,
      events: EVENT_TYPES,
      description: Type.Optional(DESCRIPTION),
    },
    LENIENT,
  ),
  refine: refineUrl,
  request: { siteId: 'ws_abc123', url: EXAMPLE.url, events: EXAMPLE.events },
  response: Type.Object({ webhook: Type.Object(FLAT_WEBHOOK) }),
  example: { webhook: FLAT_EXAMPLE },
  answer: async ({ key, body: { siteId, ...fields }, services: { webhooks, control } }) => {
    const site = await authoriseOwn(key, siteId, control)
    const { webhook, secret } = await webhooks.create(key, site.id, fields)
    return { webhook: toFlatJson(webhook, secret) }
  },
})

export const removeSiteWebhook = defineRoute({
  method: 'DELETE',
  path: '/api/webhooks',
  operationId: 'removeSiteWebhook',
  scope: 'admin',
  flatErrors: FLAT_ERRORS,
  summary: 'Remove a webhook',
  query: Type.Object({ id: requiredText('id') }, LENIENT),
  response: Type.Object({ ...SUCCESS, message: Type.String() }),
  example: { success: true, message: 'Webhook deleted successfully' },
  answer: async ({ key, query: { id }, services: { webhooks } }) => {
    await webhooks.remove(key, id)
    return { success: true, message: 'Webhook deleted successfully' }
  },
})

function toFlatJson({ id, url, events, isActive, createdAt }: Webhook, secret: string) {
  return { id, url, events, secret, active: isActive, createdAt: toIso(createdAt) }
}
