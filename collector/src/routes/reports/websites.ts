import { Type } from '@sinclair/typebox'
import { authorise } from '../../control/keys/gate.js'
import type { Site } from '../../control/sites.js'
import { toIso } from '../../http/api/route.js'
import { defineRoute } from '../define-route.js'
import { SITE_PARAMS } from './define-report.js'

export const WEBSITE = Type.Object({
  id: Type.String(),
  domain: Type.String(),
  name: Type.String(),
  tracking_code: Type.String(),
  time_zone: Type.String({ description: 'IANA name.' }),
  created_at: Type.String({ description: 'ISO 8601, UTC.' }),
})

export const WEBSITE_EXAMPLE = {
  id: 'ws_abc123',
  domain: 'shop.example',
  name: 'Shop',
  tracking_code: 'ZV_XXXXXXXXXXX',
  time_zone: 'Europe/Zurich',
  created_at: '2026-01-05T09:00:00.000Z',
}

export function toWebsiteJson({ id, domain, name, trackingCode, timeZone, createdAt }: Site) {
  return {
    id,
    domain,
    name,
    tracking_code: trackingCode,
    time_zone: timeZone,
    created_at: toIso(createdAt),
  }
}

export const listWebsites = defineRoute({
  path: '/websites',
  operationId: 'listWebsites',
  summary: 'List the websites that the key reaches',
  data: Type.Array(WEBSITE),
  example: [WEBSITE_EXAMPLE],
  answer: async ({ key, services: { control } }) => (await control.listSitesOf(key)).map(toWebsiteJson),
})

export const readWebsite = defineRoute({
  path: '/websites/{id}',
  operationId: 'readWebsite',
  summary: 'Get a website',
  params: Type.Object(SITE_PARAMS),
  data: WEBSITE,
  example: WEBSITE_EXAMPLE,
  answer: async ({ key, params, services: { control } }) =>
    toWebsiteJson(await authorise(key, params.id, control)),
})
