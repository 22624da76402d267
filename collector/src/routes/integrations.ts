import { type Static, Type } from '@sinclair/typebox'
import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import secureJsonParse from 'secure-json-parse'
import type { SiteStatusStore } from '../alerts/alert-store.js'
import type { AlertManagement } from '../alerts/management.js'
import { describeOutage } from '../alerts/notify/notification.js'
import type { BillingStore } from '../control/integrations/billing-store.js'
import { parseStripeEvent, type PricePlans, verifyStripeSignature } from '../control/integrations/stripe.js'
import { toUptimeReport, UPTIME_REPORT } from '../control/integrations/uptime.js'
import { ApiError, assertNoIssues, validationError } from '../errors.js'
import { addApiHeaders, hideFromOtherOrigins } from '../http/api/register.js'
import { documentRoute, MOMENT_EXAMPLE, urlOf } from '../http/api/route.js'
import { createBearerCheck } from '../http/bearer-token.js'
import { parseFields } from '../http/fields.js'
import { decodeJson } from '../http/json-body.js'
import { acceptJsonAsText } from '../http/server.js'

interface IntegrationServices {
  integrations: BillingStore & SiteStatusStore
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  /** Returns the current Unix time in milliseconds. */
  now: () => number
}

const MAX_STRIPE_BYTES = 1024 * 1024
// Stripe retries an event for three days. Processed events are stored longer, so that no retry is applied
// twice.
const KEEP_EVENTS_MS = 30 * 24 * 60 * 60 * 1000

export const receiveStripeEvent = documentRoute({
  method: 'POST',
  path: '/webhooks/stripe',
  operationId: 'receiveStripeEvent',
  summary: 'Stripe callback: sets the plan of an account from its subscriptions',
  description: 'Signed by Stripe (Stripe-Signature). Only with STRIPE_WEBHOOK_SECRET.',
  scope: 'shared-secret',
  body: Type.Object({
    id: Type.String(),
    created: Type.Integer(),
    type: Type.String(),
    data: Type.Object({ object: Type.Record(Type.String(), Type.Unknown()) }),
  }),
  request: {
    id: 'evt_1',
    created: 1_775_038_500,
    type: 'customer.subscription.updated',
    data: { object: {} },
  },
  response: Type.Object({ received: Type.Literal(true) }),
  example: { received: true },
})

export function addStripeRoute(
  app: FastifyInstance,
  { integrations, log, now }: IntegrationServices,
  { secret, prices }: { secret: string; prices: PricePlans },
): void {
  void app.register((routes, _options, done) => {
    hideFromOtherOrigins(routes)
    addApiHeaders(routes)
    routes.removeAllContentTypeParsers()
    // Keep the request body as raw bytes, because the signature covers the bytes and not the parsed JSON.
    routes.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: MAX_STRIPE_BYTES },
      (_request, body, parsed) => parsed(null, body),
    )
    routes.post<{ Body: Buffer | undefined }>(urlOf(receiveStripeEvent), async (request) => {
      const body = request.body ?? Buffer.alloc(0)
      const header = [request.headers['stripe-signature']].flat().join(',')
      if (!verifyStripeSignature({ header, body, secret, now: now() }))
        throw new ApiError('INVALID_SIGNATURE')
      const event = parseStripeEvent(parseBody(body), prices)
      if (!event) throw validationError('body', 'must be a Stripe event')
      await integrations.purgeBillingEvents(now() - KEEP_EVENTS_MS)
      const result = await integrations.applyBillingEvent(event, now())
      if (result.outcome === 'planned')
        log.info(
          { event: event.id, account: result.accountId, plan: result.plan },
          'Stripe event changed the plan of an account',
        )
      if (result.outcome === 'unknown-account')
        log.warn({ event: event.id }, 'Stripe event refers to an unknown or unmanaged account')
      const { change } = event
      if (change?.kind === 'subscription' && change.plan === undefined && result.outcome !== 'repeated')
        log.warn({ event: event.id }, 'Stripe subscription has no price that is in STRIPE_PRICES')
      return { received: true }
    })
    done()
  })
}

function parseBody(body: Buffer): unknown {
  try {
    return secureJsonParse.parse(body.toString(), { protoAction: 'error', constructorAction: 'error' })
  } catch {
    throw validationError('body', 'is not valid JSON')
  }
}

export const reportUptime = documentRoute({
  method: 'POST',
  path: '/webhooks/uptime',
  operationId: 'reportUptime',
  summary: 'Callback of an uptime monitor: a site is down, or up again',
  description: 'With Authorization: Bearer and UPTIME_TOKEN; only with that setting.',
  scope: 'shared-secret',
  body: UPTIME_REPORT,
  request: { site_id: 'ws_abc123', status: 'down', at: MOMENT_EXAMPLE },
  data: Type.Object({
    site_id: Type.String(),
    status: UPTIME_REPORT.properties.status,
    changed: Type.Boolean(),
  }),
  example: { site_id: 'ws_abc123', status: 'down', changed: true },
})

export function addUptimeRoute(
  app: FastifyInstance,
  {
    integrations,
    alerts,
    log,
    now,
  }: IntegrationServices & {
    alerts: Pick<AlertManagement, 'announce'>
  },
  token: string,
): void {
  const isAllowed = createBearerCheck(token)
  void app.register((routes, _options, done) => {
    hideFromOtherOrigins(routes)
    addApiHeaders(routes)
    acceptJsonAsText(routes, MAX_BODY_BYTES)
    routes.addHook('onRequest', (request, _reply, next) =>
      next(isAllowed(request.headers.authorization) ? undefined : new ApiError('UNAUTHORIZED')),
    )
    routes.post<{ Body: string | undefined }>(urlOf(reportUptime), async (request) => {
      const { fields, issues } = parseFields(UPTIME_REPORT, decodeJson(request.body ?? ''))
      assertNoIssues(issues)
      const { siteId, isUp, at } = toUptimeReport(fields as Static<typeof UPTIME_REPORT>, now())
      const result = await integrations.setSiteStatus(
        { siteId, isUp, changedAt: at },
        (alert, changedAt) => describeOutage(alert, changedAt, isUp),
        now(),
      )
      if (!result) throw new ApiError('NOT_FOUND')
      const status = isUp ? 'up' : 'down'
      if (result.hasChanged) {
        log.info({ site: siteId, status }, 'monitor reported a change of uptime')
        alerts.announce(result.triggers)
      }
      return {
        success: true,
        data: { site_id: siteId, status, changed: result.hasChanged },
        timestamp: new Date(now()).toISOString(),
      }
    })
    done()
  })
}
