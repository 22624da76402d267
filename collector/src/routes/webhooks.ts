import type { Fault } from '@zenovay/tracker/contract'
import type { FastifyInstance } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import { authorise } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'
import { decodeJson } from '../http/json-body.js'
import type { WebhookManagement } from '../webhooks/management.js'
import type { ReplayChoice } from '../webhooks/webhook-store.js'
import type { Webhook } from '../webhooks/webhook.js'

interface ZenovayWebhookServices {
  control: ControlStore
  desk: WebhookManagement
}

interface OneWebhook {
  Params: { id: string }
  Body: string | undefined
}

const FIELDS = ['url', 'website_id', 'events', 'description']
const EVENT_ID = /^evt_[0-9a-f]{32}$/

/** `/v1/cli/mutate/webhooks`: outbound webhooks as the command line of Zenovay manages them. */
export function addZenovayWebhookRoutes(
  app: FastifyInstance,
  { control, desk }: ZenovayWebhookServices,
): void {
  const addRoutes = (routes: FastifyInstance) => {
    routes.get('', async (request) => {
      const { accountId, siteId } = keyOf(request)
      return { success: true, webhooks: (await desk.list({ accountId, siteId })).map(describeWebhook) }
    })

    routes.post<{ Body: string | undefined }>('', async (request, reply) => {
      const key = keyOf(request)
      const { website_id: siteId = null, ...given } = readBody(request.body, FIELDS)
      if (siteId !== null && typeof siteId !== 'string')
        throw refuse([{ field: 'website_id', reason: 'must be the id of a website, or null for all' }])
      if (siteId !== null) await authorise(key, siteId, control)
      const { webhook, secret } = await desk.create(key, siteId ?? key.siteId, {
        url: given['url'],
        events: given['events'],
        description: given['description'],
      })
      reply.code(201)
      return { success: true, ...describeWebhook(webhook), secret }
    })

    routes.post<OneWebhook>('/:id/test', async (request) => {
      const { status, error, answer, durationMs } = await desk.test(keyOf(request), request.params.id)
      // Nothing else tells a test that failed from one that was answered.
      return {
        success: true,
        status: status ?? null,
        body: answer,
        duration_ms: durationMs,
        error: error ?? null,
      }
    })

    routes.post<OneWebhook>('/:id/rotate', async (request) => {
      const { id } = request.params
      return { success: true, id, secret: await desk.rotate(keyOf(request), id) }
    })

    routes.post<OneWebhook>('/:id/enable', async (request) => {
      const { id } = request.params
      await desk.enable(keyOf(request), id)
      return { success: true, id }
    })

    routes.post<OneWebhook>('/:id/replay', async (request) => {
      const { id } = request.params
      return { success: true, id, replayed: await desk.replay(keyOf(request), id, readChoice(request.body)) }
    })

    routes.delete<OneWebhook>('/:id', async (request) => {
      const { id } = request.params
      await desk.remove(keyOf(request), id)
      return { success: true, id }
    })
  }
  addPrivateApi(app, { prefix: '/v1/cli/mutate/webhooks', control, readScope: 'read', addRoutes })
}

function readBody(text: string | undefined, allowed: string[]): Record<string, unknown> {
  const body = decodeJson(text ?? '')
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuse([{ field: 'body', reason: 'must be a JSON object' }])
  const unknown = Object.keys(body).filter((field) => !allowed.includes(field))
  if (unknown.length > 0)
    throw refuse(
      unknown.map((field) => ({ field: field.slice(0, 100), reason: `is none of ${allowed.join(', ')}` })),
    )
  return body as Record<string, unknown>
}

function readChoice(text: string | undefined): ReplayChoice {
  const { event_id: eventId, failed_since: since } = readBody(text, ['event_id', 'failed_since'])
  if (typeof eventId === 'string' && since === undefined && EVENT_ID.test(eventId)) return { eventId }
  const failedSince = typeof since === 'string' && eventId === undefined ? Date.parse(since) : NaN
  if (Number.isNaN(failedSince))
    throw refuse([
      {
        field: 'body',
        reason: 'must have either event_id, the id of one delivery, or failed_since, a time in ISO 8601',
      },
    ])
  return { failedSince }
}

function refuse(details: Fault[]): ApiError {
  return new ApiError('VALIDATION_ERROR', { details })
}

function describeWebhook({
  id,
  url,
  siteId,
  events,
  description,
  isActive,
  disabledReason,
  createdAt,
  lastTriggeredAt,
}: Webhook) {
  return {
    id,
    url,
    website_id: siteId,
    events,
    description,
    active: isActive,
    disabled_reason: disabledReason,
    created_at: new Date(createdAt).toISOString(),
    last_triggered_at: lastTriggeredAt === null ? null : new Date(lastTriggeredAt).toISOString(),
  }
}
