import type { Fault } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MAX_ALERTS_OF_SITE, type Alert, type AlertFields, type Metric } from '../alerts/alert.js'
import type { AlertManagement } from '../alerts/management.js'
import { parseAlertFields, type ParsedAlert } from '../alerts/management.js'
import { authorise } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { decodeJson } from '../http/json-body.js'
import type { ListedNotification } from '../alerts/alert-store.js'
import type { ControlStore } from '../control/control-store.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'

interface AlertRoutesServices {
  control: Pick<ControlStore, 'findApiKey' | 'findSite' | 'listSitesOf'>
  alerts: AlertManagement
  now: () => number
}

interface AlertRoute {
  Params: { id: string }
  Body: string | undefined
}

const LISTED_NOTICES = 20
const TEST_RETRY_AFTER_S = 60

/** `/api/alerts`: the alerts of the sites that an admin key reaches. */
export function addAlertRoutes(app: FastifyInstance, { control, alerts, now }: AlertRoutesServices): void {
  const success = <Data>(data: Data) => ({
    success: true as const,
    data,
    timestamp: new Date(now()).toISOString(),
  })
  const describe = (alert: Alert) => describeAlert(alert, alerts)

  /** The alert that a request names. One answer for all that is beyond reach: nobody learns which ids others have. */
  const findAlert = async (request: FastifyRequest<AlertRoute>): Promise<Alert> => {
    const alert = await alerts.find(request.params.id)
    const site = alert && (await control.findSite(alert.siteId))
    const { accountId, siteId } = keyOf(request)
    if (!alert || site?.accountId !== accountId || (siteId !== null && siteId !== alert.siteId))
      throw new ApiError('NOT_FOUND')
    return alert
  }

  /** The fields of a body, destinations sealed. Throws `VALIDATION_ERROR` with every fault. */
  const readBody = (
    body: string | undefined,
    metric?: Metric,
  ): Partial<AlertFields> & { siteId?: string } => {
    const { fields, faults } = parseAlertFields(decodeJson(body ?? ''), {
      hasMail: alerts.hasMail,
      ...(metric && { metric }),
    })
    const { destinations, ...rest }: Partial<ParsedAlert> = fields
    const refused = alerts
      .findRefusedUrls(destinations ?? [])
      .map((reason): Fault => ({ field: 'destinations', reason }))
    if (faults.length + refused.length > 0)
      throw new ApiError('VALIDATION_ERROR', { details: [...faults, ...refused] })
    return { ...rest, ...(destinations && { destinations: alerts.seal(destinations) }) }
  }

  const addRoutes = (routes: FastifyInstance) => {
    routes.get('', async (request) => {
      const key = keyOf(request)
      const siteId = readSiteId(request.query as Record<string, unknown>)
      const sites =
        siteId === undefined ? await control.listSitesOf(key) : [await authorise(key, siteId, control)]
      return success((await alerts.list(sites.map(({ id }) => id))).map(describe))
    })

    routes.post<{ Body: string | undefined }>('', async (request, reply) => {
      const { siteId, ...fields } = readBody(request.body)
      const site = await authorise(keyOf(request), siteId!, control)
      const alert = await alerts.add(site.id, fields as AlertFields, keyOf(request).id)
      if (!alert)
        throw new ApiError('VALIDATION_ERROR', {
          details: [
            {
              field: 'site_id',
              reason: `has ${MAX_ALERTS_OF_SITE} alerts already, which is the most that a site may have`,
            },
          ],
        })
      reply.code(201)
      return success(describe(alert))
    })

    routes.get<AlertRoute>('/:id', async (request) => {
      const alert = await findAlert(request)
      const notices = await alerts.listNotifications(alert.id, LISTED_NOTICES)
      return success({ ...describe(alert), notices: notices.map((notice) => describeNotice(notice, alerts)) })
    })

    routes.patch<AlertRoute>('/:id', async (request) => {
      const { id, metric } = await findAlert(request)
      const alert = await alerts.update(id, readBody(request.body, metric), keyOf(request).id)
      if (!alert) throw new ApiError('NOT_FOUND')
      return success(describe(alert))
    })

    routes.delete<AlertRoute>('/:id', async (request) => {
      const { id } = await findAlert(request)
      if (!(await alerts.remove(id, keyOf(request).id))) throw new ApiError('NOT_FOUND')
      return success({ id })
    })

    routes.post<AlertRoute>('/:id/test', async (request) => {
      const alert = await findAlert(request)
      if (!(await alerts.test(alert)))
        throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS: TEST_RETRY_AFTER_S })
      return success({ id: alert.id, queued: alert.destinations.length })
    })
  }
  addPrivateApi(app, { prefix: '/api/alerts', control, addRoutes })
}

function readSiteId({ site_id: siteId }: Record<string, unknown>): string | undefined {
  if (siteId === undefined || typeof siteId === 'string') return siteId
  throw new ApiError('VALIDATION_ERROR', { details: [{ field: 'site_id', reason: 'must be given once' }] })
}

const toIso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

function describeAlert(alert: Alert, { mask }: Pick<AlertManagement, 'mask'>) {
  const { state } = alert
  return {
    id: alert.id,
    site_id: alert.siteId,
    name: alert.name,
    metric: alert.metric,
    comparison: alert.comparison,
    threshold: alert.threshold,
    hysteresis: alert.hysteresis,
    window_minutes: alert.windowMinutes,
    minimum_volume: alert.minimumVolume,
    cool_down_minutes: alert.coolDownMinutes,
    currency: alert.metric === 'revenue' ? alert.currency : null,
    active: alert.isActive,
    destinations: alert.destinations.map(mask),
    created_at: toIso(alert.createdAt),
    state: state.isFiring ? ('firing' as const) : ('clear' as const),
    last_value: state.value,
    last_fired_at: toIso(state.firedAt),
  }
}

function describeNotice(
  { at, event, destination, attempts, state, endedAt, error }: ListedNotification,
  { mask }: Pick<AlertManagement, 'mask'>,
) {
  return {
    at: toIso(at),
    event,
    destination: mask(destination),
    state,
    attempts,
    ended_at: toIso(endedAt),
    error,
  }
}
