import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import secureJsonParse from 'secure-json-parse'
import type { SiteStatusStore } from '../alerts/alert-store.js'
import type { AlertManagement } from '../alerts/management.js'
import { describeOutage } from '../alerts/notify/notification.js'
import type { BillingStore } from '../control/integrations/billing-store.js'
import { type PricePlans, parseStripeEvent, verifyStripeSignature } from '../control/integrations/stripe.js'
import { parseUptimeReport } from '../control/integrations/uptime.js'
import { ApiError } from '../errors.js'
import { createBearerCheck } from '../http/bearer-token.js'
import { setRequestId } from '../http/cors.js'
import { decodeJson } from '../http/json-body.js'
import { acceptJsonAsText } from '../http/server.js'

interface InboundServices {
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  now: () => number
}

const MAX_STRIPE_BYTES = 1024 * 1024
// Stripe tries for three days.
const KEEP_EVENTS_MS = 30 * 24 * 60 * 60 * 1000

/** `POST /webhooks/stripe`: what customers paid for becomes the plan of their account. */
export function addStripeRoute(
  app: FastifyInstance,
  {
    store,
    log,
    now,
    secret,
    prices,
  }: InboundServices & { store: BillingStore; secret: string; prices: PricePlans },
): void {
  addHook(app, '/webhooks/stripe', (routes) => {
    routes.removeAllContentTypeParsers()
    // The signature is that of the bytes.
    routes.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: MAX_STRIPE_BYTES },
      (_request, body, parsed) => parsed(null, body),
    )
    routes.post<{ Body: Buffer | undefined }>('', async (request) => {
      const body = request.body ?? Buffer.alloc(0)
      const header = [request.headers['stripe-signature']].flat().join(',')
      if (!verifyStripeSignature({ header, body, secret, now: now() }))
        throw new ApiError('INVALID_SIGNATURE')
      const event = parseStripeEvent(parse(body), prices)
      if (!event)
        throw new ApiError('VALIDATION_ERROR', {
          details: [{ field: 'body', reason: 'is no event of Stripe' }],
        })
      await store.forgetBillingEvents(now() - KEEP_EVENTS_MS)
      const result = await store.takeBillingEvent(event, now())
      if (result.outcome === 'planned')
        log.info(
          { event: event.id, account: result.accountId, plan: result.plan },
          'a payment changed the plan of an account',
        )
      if (result.outcome === 'unknown-account')
        log.warn({ event: event.id }, 'a payment names no account that payments may change')
      if (
        event.change?.kind === 'subscription' &&
        event.change.plan === undefined &&
        result.outcome !== 'repeated'
      )
        log.warn({ event: event.id }, 'no price of a subscription stands in STRIPE_PRICES')
      return { received: true }
    })
  })
}

/** Routes for servers alone: no page of another origin may read their answers. */
function addHook(app: FastifyInstance, prefix: string, addRoutes: (routes: FastifyInstance) => void): void {
  void app.register(
    (routes, _options, done) => {
      routes.addHook('onRoute', (route) => {
        route.config = { ...route.config, isPrivate: true }
      })
      routes.addHook('onRequest', (_request, reply, next) => {
        setRequestId(reply)
        reply.header('cache-control', 'no-store')
        next()
      })
      addRoutes(routes)
      done()
    },
    { prefix },
  )
}

function parse(body: Buffer): unknown {
  try {
    return secureJsonParse.parse(body.toString(), { protoAction: 'error', constructorAction: 'error' })
  } catch {
    throw new ApiError('VALIDATION_ERROR', { details: [{ field: 'body', reason: 'is not valid JSON' }] })
  }
}

/** `POST /webhooks/uptime`: a monitor says that a site is down, or up again. */
export function addUptimeRoute(
  app: FastifyInstance,
  {
    store,
    alerts,
    log,
    now,
    token,
  }: InboundServices & { store: SiteStatusStore; alerts: Pick<AlertManagement, 'announce'>; token: string },
): void {
  const isAllowed = createBearerCheck(token)
  addHook(app, '/webhooks/uptime', (routes) => {
    acceptJsonAsText(routes, MAX_BODY_BYTES)
    // Before the body is read.
    routes.addHook('onRequest', (request, _reply, done) =>
      done(isAllowed(request.headers.authorization) ? undefined : new ApiError('UNAUTHORIZED')),
    )
    routes.post<{ Body: string | undefined }>('', async (request) => {
      const read = parseUptimeReport(decodeJson(request.body ?? ''), now())
      if ('faults' in read) throw new ApiError('VALIDATION_ERROR', { details: read.faults })
      const { siteId, isUp, at } = read.report
      const result = await store.setSiteStatus(
        { siteId, isUp, toldAt: at },
        (alert, changedAt) => describeOutage(alert, changedAt, isUp),
        now(),
      )
      if (!result) throw new ApiError('NOT_FOUND')
      if (result.hasChanged) {
        log.info({ site: siteId, status: isUp ? 'up' : 'down' }, 'a monitor says that a site changed')
        alerts.announce(result.crossings)
      }
      return {
        success: true as const,
        data: {
          site_id: siteId,
          status: isUp ? ('up' as const) : ('down' as const),
          changed: result.hasChanged,
        },
        timestamp: new Date(now()).toISOString(),
      }
    })
  })
}
