import type { FastifyInstance } from 'fastify'
import { decodeJson } from '../http/json-body.js'
import type { ControlStore } from '../control/control-store.js'
import type { Webhook } from '../webhooks/webhook.js'
import type { WebhookManagement } from '../webhooks/management.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'
import { addFlatErrors, refuse } from '../http/error-answers.js'
import { findOwnSite } from '../control/keys/gate.js'

interface ZtaWebhookServices {
  control: ControlStore
  desk: WebhookManagement
  now: () => number
}

const MASKED_SECRET = 'whsec_********'

/** `/api/webhooks`: outbound webhooks of one site, as Zero Trust Analytics manages them. */
export function addZtaWebhookRoutes(app: FastifyInstance, { control, desk, now }: ZtaWebhookServices): void {
  const addRoutes = (routes: FastifyInstance) => {
    addFlatErrors(routes, { notFound: 'Webhook not found', now })

    routes.get<{ Querystring: Record<string, unknown> }>('', async (request) => {
      const { accountId, id } = await findOwnSite(keyOf(request), request.query['siteId'], control)
      const webhooks = await desk.list({ accountId, siteId: id })
      return {
        webhooks: webhooks.map((webhook) => ({
          ...describeWebhook(webhook, MASKED_SECRET),
          lastTriggered: timeOf(webhook.lastTriggeredAt),
          ...(!webhook.isActive && { disabledReason: webhook.disabledReason }),
        })),
      }
    })

    routes.post<{ Body: string | undefined }>('', async (request, reply) => {
      const body = decodeJson(request.body ?? '')
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        throw refuse('must be a JSON object', 'body')
      const { siteId, url, events, description } = body as Record<string, unknown>
      const site = await findOwnSite(keyOf(request), siteId, control)
      const { webhook, secret } = await desk.create(keyOf(request), site.id, {
        url,
        events: events ?? [],
        description,
      })
      reply.code(201)
      return { webhook: describeWebhook(webhook, secret) }
    })

    routes.delete<{ Querystring: Record<string, unknown> }>('', async (request) => {
      const { id } = request.query
      if (typeof id !== 'string' || id === '') throw refuse('id is required')
      await desk.remove(keyOf(request), id)
      return { success: true, message: 'Webhook deleted successfully' }
    })
  }
  addPrivateApi(app, { prefix: '/api/webhooks', control, readScope: 'read', addRoutes })
}

function describeWebhook({ id, url, events, isActive, createdAt }: Webhook, secret: string) {
  return { id, url, events, secret, active: isActive, createdAt: timeOf(createdAt) }
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
