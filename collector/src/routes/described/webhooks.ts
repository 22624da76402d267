import { Type } from '@sinclair/typebox'
import { CHANGED_TYPES } from '../../control/change-log.js'
import { MAX_EVENTS_PER_WEBHOOK } from '../../webhooks/management.js'
import { WEBHOOK_EVENTS } from '../../webhooks/webhook.js'
import { orNull } from '../../http/api/answer-schemas.js'
import { oneOf } from '../reports/query-parameters.js'
import { MOMENT, MOMENT_EXAMPLE, type DescribedRoute } from '../../http/api/route.js'

const BASE = '/v1/cli/mutate/webhooks'
const SUCCESS = { success: Type.Literal(true) }
const ID = { ...SUCCESS, id: Type.String() }
const DONE = { answer: Type.Object(ID), example: { success: true, id: 'wh_abc123' } }
const EVENTS = Type.Array(oneOf(WEBHOOK_EVENTS))
const CHOSEN_EVENTS = Type.Array(oneOf(WEBHOOK_EVENTS), { minItems: 1, maxItems: MAX_EVENTS_PER_WEBHOOK })
const URL = Type.String({ description: 'HTTPS, to a public address.', maxLength: 2_048 })
const DESCRIPTION = Type.Optional(Type.String({ maxLength: 500 }))
const SECRET = Type.String({ description: 'whsec_…; told here only.' })
const WEBHOOK = {
  id: Type.String(),
  url: Type.String(),
  website_id: orNull(Type.String(), 'Null: all websites of its account.'),
  events: EVENTS,
  description: Type.String(),
  active: Type.Boolean(),
  disabled_reason: orNull(Type.String()),
  created_at: MOMENT,
  last_triggered_at: orNull(Type.String(), 'ISO 8601, UTC.'),
}
const EXAMPLE = {
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
const SECRET_EXAMPLE = `whsec_${'A'.repeat(43)}=`

/** The door of Zenovay. */
const ZENOVAY_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: BASE,
    operationId: 'listWebhooks',
    summary: 'The webhooks that the key reaches',
    scope: 'read',
    answer: Type.Object({ ...SUCCESS, webhooks: Type.Array(Type.Object(WEBHOOK)) }),
    example: { success: true, webhooks: [EXAMPLE] },
  },
  {
    method: 'POST',
    path: BASE,
    operationId: 'createWebhook',
    summary: 'Makes a webhook',
    scope: 'admin',
    status: 201,
    body: Type.Object({
      url: URL,
      website_id: Type.Optional(orNull(Type.String(), 'Null, as without it: all websites of the key.')),
      events: Type.Optional(CHOSEN_EVENTS),
      description: DESCRIPTION,
    }),
    request: { url: EXAMPLE.url, website_id: EXAMPLE.website_id, events: EXAMPLE.events },
    answer: Type.Object({ ...SUCCESS, ...WEBHOOK, secret: SECRET }),
    example: { success: true, ...EXAMPLE, secret: SECRET_EXAMPLE },
  },
  {
    method: 'POST',
    path: `${BASE}/{id}/test`,
    operationId: 'testWebhook',
    summary: 'Sends an event test at once',
    scope: 'admin',
    answer: Type.Object({
      ...SUCCESS,
      status: orNull(Type.Integer()),
      body: Type.String({ description: 'At most 4 KB of the answer.' }),
      duration_ms: Type.Number(),
      error: orNull(Type.String(), 'Why there was no answer.'),
    }),
    example: { success: true, status: 200, body: 'ok', duration_ms: 84, error: null },
  },
  {
    method: 'POST',
    path: `${BASE}/{id}/rotate`,
    operationId: 'rotateWebhook',
    summary: 'Another secret; nothing is signed with the old one any more',
    scope: 'admin',
    answer: Type.Object({ ...ID, secret: SECRET }),
    example: { ...DONE.example, secret: SECRET_EXAMPLE },
  },
  {
    method: 'POST',
    path: `${BASE}/{id}/enable`,
    operationId: 'enableWebhook',
    summary: 'A disabled webhook delivers again',
    scope: 'admin',
    ...DONE,
  },
  {
    method: 'POST',
    path: `${BASE}/{id}/replay`,
    operationId: 'replayWebhook',
    summary: 'Sends again one delivery, or all that failed since a time',
    scope: 'admin',
    body: Type.Union([
      Type.Object({ event_id: Type.String({ description: 'Of one delivery, evt_….' }) }),
      Type.Object({ failed_since: MOMENT }),
    ]),
    request: { failed_since: MOMENT_EXAMPLE },
    answer: Type.Object({ ...ID, replayed: Type.Integer() }),
    example: { ...DONE.example, replayed: 12 },
  },
  {
    method: 'DELETE',
    path: `${BASE}/{id}`,
    operationId: 'removeWebhook',
    summary: 'Removes a webhook: nothing is delivered after the answer',
    scope: 'admin',
    ...DONE,
  },
]

const ZTA_WEBHOOK = {
  id: Type.String(),
  url: Type.String(),
  events: EVENTS,
  secret: Type.String(),
  active: Type.Boolean(),
  createdAt: MOMENT,
}
const ZTA_EXAMPLE = {
  id: EXAMPLE.id,
  url: EXAMPLE.url,
  events: EXAMPLE.events,
  secret: SECRET_EXAMPLE,
  active: true,
  createdAt: MOMENT_EXAMPLE,
}
const SITE_ID = Type.String({ description: 'Id of a site.' })
const FLAT = { hasFlatErrors: true } as const

/** The door of Zero Trust Analytics. */
const ZTA_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: '/api/webhooks',
    operationId: 'listSiteWebhooks',
    summary: 'The webhooks of a site, secrets masked',
    scope: 'read',
    ...FLAT,
    query: Type.Object({ siteId: SITE_ID }),
    answer: Type.Object({
      webhooks: Type.Array(
        Type.Object({
          ...ZTA_WEBHOOK,
          lastTriggered: orNull(Type.String(), 'ISO 8601, UTC.'),
          disabledReason: Type.Optional(orNull(Type.String())),
        }),
      ),
    }),
    example: { webhooks: [{ ...ZTA_EXAMPLE, secret: 'whsec_********', lastTriggered: null }] },
  },
  {
    method: 'POST',
    path: '/api/webhooks',
    operationId: 'createSiteWebhook',
    summary: 'Makes a webhook of a site',
    scope: 'admin',
    status: 201,
    ...FLAT,
    body: Type.Object({ siteId: SITE_ID, url: URL, events: CHOSEN_EVENTS, description: DESCRIPTION }),
    request: { siteId: 'ws_abc123', url: EXAMPLE.url, events: EXAMPLE.events },
    answer: Type.Object({ webhook: Type.Object(ZTA_WEBHOOK) }),
    example: { webhook: ZTA_EXAMPLE },
  },
  {
    method: 'DELETE',
    path: '/api/webhooks',
    operationId: 'removeSiteWebhook',
    summary: 'Removes a webhook',
    scope: 'admin',
    ...FLAT,
    query: Type.Object({ id: Type.String() }),
    answer: Type.Object({ ...SUCCESS, message: Type.String() }),
    example: { success: true, message: 'Webhook deleted successfully' },
  },
  {
    method: 'GET',
    path: '/api/activity-log',
    operationId: 'listActivity',
    summary: 'What was done to webhooks of a site, with every attempt; or who changed alerts, goals or keys',
    description: 'Other types than webhook want an admin key.',
    scope: 'read',
    ...FLAT,
    query: Type.Object({
      siteId: SITE_ID,
      type: Type.Optional(oneOf(['webhook', ...CHANGED_TYPES], { default: 'webhook' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
      before: Type.Optional(Type.Integer({ description: 'nextBefore of an answer.' })),
    }),
    // Activities differ in their further fields by type.
    answer: Type.Object({
      activities: Type.Array(Type.Record(Type.String(), Type.Unknown())),
      nextBefore: orNull(Type.Integer(), 'Null at the end.'),
    }),
    example: {
      activities: [
        {
          id: 7,
          type: 'key',
          action: 'created',
          timestamp: MOMENT_EXAMPLE,
          keyId: '0123456789abcdef',
          name: 'Shop',
          siteId: null,
          actor: 'fedcba9876543210',
          fields: null,
        },
      ],
      nextBefore: null,
    },
  },
]

export const WEBHOOK_ROUTES = [...ZENOVAY_ROUTES, ...ZTA_ROUTES]
