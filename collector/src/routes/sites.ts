import type { Fault } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { authorise } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { decodeJson } from '../http/json-body.js'
import type { Erase } from '../jobs/erase.js'
import { parseSiteFields } from '../control/sites.js'
import type { ControlStore } from '../control/control-store.js'
import type { Site, SiteFields } from '../control/sites.js'
import type { SiteCache } from '../ingest/admit/site-cache.js'
import type { DeletionResult } from '../ingest/event-store.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'

interface SiteRoutesServices {
  control: ControlStore
  sites: SiteCache
  erase: Erase
  now: () => number
}

interface SiteRoute {
  Params: { id: string }
  Body: string | undefined
}

const MAX_VISITOR_ID_LENGTH = 200

/** `/api/sites`: managing sites with an admin key, from servers, the command line and pages of this origin only. */
export function addSiteRoutes(
  app: FastifyInstance,
  { control, sites, erase, now }: SiteRoutesServices,
): void {
  const success = <Data>(data: Data) => ({
    success: true as const,
    data,
    timestamp: new Date(now()).toISOString(),
  })
  const assertForAll = (request: FastifyRequest) => {
    if (keyOf(request).siteId !== null) throw new ApiError('FORBIDDEN')
  }
  const describeErasure = ({ rows, isDone }: DeletionResult) => ({
    erased: { events: rows },
    pending: !isDone,
  })

  const addRoutes = (routes: FastifyInstance) => {
    routes.get('', async (request) => success((await control.listSitesOf(keyOf(request))).map(describeSite)))

    routes.post<{ Body: string | undefined }>('', async (request, reply) => {
      assertForAll(request)
      const { domain, ...fields } = readBody(request.body, true)
      const site = await control.addSite({
        name: domain!,
        allowedDomains: [],
        ...fields,
        domain: domain!,
        accountId: keyOf(request).accountId,
      })
      reply.code(201)
      return success(describeSite(site))
    })

    routes.get<SiteRoute>('/:id', async (request) =>
      success(describeSite(await authorise(keyOf(request), request.params.id, control))),
    )

    routes.patch<SiteRoute>('/:id', async (request) => {
      const { id } = await authorise(keyOf(request), request.params.id, control)
      const site = await control.updateSite(id, readBody(request.body, false))
      if (!site) throw new ApiError('NOT_FOUND')
      sites.forget(site.trackingCode)
      return success(describeSite(site))
    })

    routes.delete<SiteRoute>('/:id', async (request, reply) => {
      assertForAll(request)
      const site = await authorise(keyOf(request), request.params.id, control)
      await control.removeSite(site.id, { actor: keyOf(request).id, at: now() })
      sites.forget(site.trackingCode)
      // The site is gone in any case; housekeeping deletes the events when the store is away now.
      const result = await erase({ siteIds: [site.id] }).catch((): DeletionResult => ({
        rows: 0,
        isDone: false,
      }))
      reply.code(result.isDone ? 200 : 202)
      return success({ id: site.id, ...describeErasure(result) })
    })

    routes.delete<{ Params: { id: string; visitor: string } }>(
      '/:id/visitors/:visitor',
      async (request, reply) => {
        const site = await authorise(keyOf(request), request.params.id, control)
        const { visitor } = request.params
        if (visitor.length > MAX_VISITOR_ID_LENGTH)
          throw new ApiError('VALIDATION_ERROR', {
            details: [{ field: 'visitor', reason: `must be at most ${MAX_VISITOR_ID_LENGTH} characters` }],
          })
        const result = await erase({ siteIds: [site.id], visitorId: visitor })
        reply.code(result.isDone ? 200 : 202)
        return success({ site: site.id, ...describeErasure(result) })
      },
    )
  }
  addPrivateApi(app, { prefix: '/api/sites', control, addRoutes })
}

/** The fields of a body. Throws `VALIDATION_ERROR` with every fault. */
function readBody(body: string | undefined, isNew: boolean): Partial<SiteFields> {
  const { fields, faults } = parseSiteFields(decodeJson(body ?? ''))
  const isMissing =
    isNew &&
    fields.domain === undefined &&
    !faults.some(({ field }) => field === 'domain' || field === 'body')
  const all: Fault[] = isMissing ? [{ field: 'domain', reason: 'is missing' }, ...faults] : faults
  if (all.length > 0) throw new ApiError('VALIDATION_ERROR', { details: all })
  return fields
}

function describeSite({
  id,
  domain,
  name,
  trackingCode,
  allowedDomains,
  timeZone,
  retentionMonths,
  createdAt,
}: Site) {
  return {
    id,
    domain,
    name,
    tracking_code: trackingCode,
    allowed_domains: allowedDomains,
    time_zone: timeZone,
    retention_months: retentionMonths,
    created_at: new Date(createdAt).toISOString(),
  }
}
