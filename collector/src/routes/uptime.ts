import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyInstance } from 'fastify'
import type { Alerts } from '../alerts/management.js'
import { describeOutage } from '../alerts/notify/notification.js'
import { readUptimeReport } from '../control/integrations/uptime.js'
import { ApiError } from '../errors.js'
import { createTokenCheck } from '../http/bearer-token.js'
import { decodeJson } from '../http/json-body.js'
import { takeJsonText } from '../http/server.js'
import { addHook, type InboundServices } from './stripe.js'

/** `POST /webhooks/uptime`: a monitor says that a site is down, or up again. */
export function addUptimeRoute(
  app: FastifyInstance,
  { store, alerts, log, now, token }: InboundServices & { alerts: Pick<Alerts, 'announce'>; token: string },
): void {
  const isAllowed = createTokenCheck(token)
  addHook(app, '/webhooks/uptime', (routes) => {
    takeJsonText(routes, MAX_BODY_BYTES)
    // Before the body is read.
    routes.addHook('onRequest', (request, _reply, done) =>
      done(isAllowed(request.headers.authorization) ? undefined : new ApiError('UNAUTHORIZED')),
    )
    routes.post<{ Body: string | undefined }>('', async (request) => {
      const read = readUptimeReport(decodeJson(request.body ?? ''), now())
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
