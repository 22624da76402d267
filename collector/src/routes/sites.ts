import { Type } from '@sinclair/typebox'
import { accountBoundError, MAX_SITES_OF_ACCOUNT } from '../control/account-bounds.js'
import { assertAllSites, authorise } from '../control/keys/gate.js'
import { NEW_SITE, type Site, SITE_CHANGES, toSiteFields } from '../control/sites.js'
import { ApiError } from '../errors.js'
import { type LoadCall, MOMENT, MOMENT_EXAMPLE, toIso } from '../http/api/route.js'
import type { DeletionResult } from '../ingest/event-store.js'
import { defineRoute, type RouteServices } from './define-route.js'

const SITE = Type.Object({
  id: Type.String(),
  ...Type.Required(NEW_SITE).properties,
  tracking_code: Type.String({ description: 'ZV_…' }),
  created_at: MOMENT,
})
const ERASURE = { erased: Type.Object({ events: Type.Integer() }), pending: Type.Boolean() }
const PENDING = 'While events are still being deleted it answers 202, with pending.'
const MAX_VISITOR_ID_LENGTH = 200

const REQUEST = {
  domain: 'shop.example',
  name: 'Shop',
  allowed_domains: ['shop.example'],
  time_zone: 'Europe/Zurich',
  retention_months: 12,
  search_parameters: ['q'],
}
const EXAMPLE = { id: 'ws_abc123', ...REQUEST, tracking_code: 'ZV_XXXXXXXXXXX', created_at: MOMENT_EXAMPLE }
const ERASURE_EXAMPLE = { erased: { events: 42 }, pending: false }

const findSite = ({ key, params, services: { control } }: LoadCall<RouteServices>) =>
  authorise(key, params['id']!, control)

/**
 * Throws `FORBIDDEN` if the API key is limited to one site, because only keys for a whole account may create
 * and remove sites.
 */
const assertWholeAccount = ({ key }: LoadCall<RouteServices>) => assertAllSites(key)

export const listSites = defineRoute({
  path: '/api/sites',
  operationId: 'listSites',
  scope: 'admin',
  summary: 'List the sites that the key reaches',
  data: Type.Array(SITE),
  example: [EXAMPLE],
  answer: async ({ key, services: { control } }) => (await control.listSitesOf(key)).map(toSiteJson),
})

export const createSite = defineRoute({
  method: 'POST',
  path: '/api/sites',
  operationId: 'createSite',
  scope: 'admin',
  status: 201,
  summary: 'Create a site',
  load: assertWholeAccount,
  body: NEW_SITE,
  request: REQUEST,
  data: SITE,
  example: EXAMPLE,
  answer: async ({ body, key: { accountId }, services: { control } }) => {
    const { domain } = body
    const fields = { name: domain, allowedDomains: [], ...toSiteFields(body), domain, accountId }
    const site = await control.addSiteWithin(MAX_SITES_OF_ACCOUNT, fields)
    if (!site) throw accountBoundError('domain', 'sites', MAX_SITES_OF_ACCOUNT)
    return toSiteJson(site)
  },
})

export const readSite = defineRoute({
  path: '/api/sites/{id}',
  operationId: 'readSite',
  scope: 'admin',
  summary: 'Get a site',
  load: findSite,
  data: SITE,
  example: EXAMPLE,
  answer: ({ target }) => toSiteJson(target),
})

export const updateSite = defineRoute({
  method: 'PATCH',
  path: '/api/sites/{id}',
  operationId: 'updateSite',
  scope: 'admin',
  summary: 'Change the given fields of a site, effective at once',
  load: findSite,
  body: SITE_CHANGES,
  request: { name: 'Shop', retention_months: 12 },
  data: SITE,
  example: EXAMPLE,
  answer: async ({ target, body, services: { control, sites } }) => {
    const site = await control.updateSite(target.id, toSiteFields(body))
    if (!site) throw new ApiError('NOT_FOUND')
    sites.forget(site.trackingCode)
    return toSiteJson(site)
  },
})

export const removeSite = defineRoute({
  method: 'DELETE',
  path: '/api/sites/{id}',
  operationId: 'removeSite',
  scope: 'admin',
  summary: 'Remove a site with its keys and events',
  description: PENDING,
  load: (call) => {
    assertWholeAccount(call)
    return findSite(call)
  },
  data: Type.Object({ id: Type.String(), ...ERASURE }),
  example: { id: EXAMPLE.id, ...ERASURE_EXAMPLE },
  statusOf,
  answer: async ({ target: { id, trackingCode }, change, services: { control, sites, erase } }) => {
    await control.removeSite(id, change)
    sites.forget(trackingCode)
    // The site is removed even if the event store is unavailable. In that case, housekeeping deletes the
    // events later.
    const result = await erase({ siteIds: [id] }).catch((): DeletionResult => ({ rows: 0, isDone: false }))
    return { id, ...toErasureJson(result) }
  },
})

export const eraseVisitor = defineRoute({
  method: 'DELETE',
  path: '/api/sites/{id}/visitors/{visitor}',
  operationId: 'eraseVisitor',
  scope: 'admin',
  summary: 'Erase all events of a visitor',
  description: PENDING,
  params: Type.Object({ id: Type.String(), visitor: Type.String({ maxLength: MAX_VISITOR_ID_LENGTH }) }),
  load: findSite,
  data: Type.Object({ site: Type.String(), ...ERASURE }),
  example: { site: EXAMPLE.id, ...ERASURE_EXAMPLE },
  statusOf,
  answer: async ({ target: { id }, params: { visitor }, services: { erase } }) => ({
    site: id,
    ...toErasureJson(await erase({ siteIds: [id], visitorId: visitor })),
  }),
})

function statusOf(data: unknown): number {
  return (data as { pending: boolean }).pending ? 202 : 200
}

function toErasureJson({ rows, isDone }: DeletionResult) {
  return { erased: { events: rows }, pending: !isDone }
}

function toSiteJson(site: Site) {
  const {
    id,
    domain,
    name,
    trackingCode,
    allowedDomains,
    timeZone,
    retentionMonths,
    searchParameters,
    createdAt,
  } = site
  return {
    id,
    domain,
    name,
    tracking_code: trackingCode,
    allowed_domains: allowedDomains,
    time_zone: timeZone,
    retention_months: retentionMonths,
    search_parameters: searchParameters,
    created_at: toIso(createdAt),
  }
}
