import { Type } from '@sinclair/typebox'
import { MAX_RETENTION_MONTHS } from '../../control/sites.js'
import { MOMENT, MOMENT_EXAMPLE, envelope, inEnvelope, type DescribedRoute } from '../../http/api/route.js'

const DOMAIN = { domain: Type.String({ description: 'A host name.' }) }
const OTHERS = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  allowed_domains: Type.Array(Type.String(), {
    description: 'Hosts whose pages may send events; empty: any.',
  }),
  time_zone: Type.String({ description: 'IANA name; days of reports are its days.' }),
  retention_months: Type.Integer({
    description: 'Events are kept so long.',
    minimum: 1,
    maximum: MAX_RETENTION_MONTHS,
  }),
})
const SITE = Type.Object({
  id: Type.String(),
  ...DOMAIN,
  tracking_code: Type.String({ description: 'ZV_…' }),
  ...OTHERS.properties,
  created_at: MOMENT,
})
const ERASURE = { erased: Type.Object({ events: Type.Integer() }), pending: Type.Boolean() }

const REQUEST = {
  domain: 'shop.example',
  name: 'Shop',
  allowed_domains: ['shop.example'],
  time_zone: 'Europe/Zurich',
  retention_months: 12,
}
const EXAMPLE = { id: 'ws_abc123', ...REQUEST, tracking_code: 'ZV_XXXXXXXXXXX', created_at: MOMENT_EXAMPLE }
const ERASURE_EXAMPLE = { erased: { events: 42 }, pending: false }
const ONE = { answer: envelope(SITE), example: inEnvelope(EXAMPLE), scope: 'admin' } as const
const PENDING = 'While events are still being deleted it answers 202, with pending.'

export const SITE_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: '/api/sites',
    operationId: 'listSites',
    summary: 'The sites that the key reaches',
    scope: 'admin',
    answer: envelope(Type.Array(SITE)),
    example: inEnvelope([EXAMPLE]),
  },
  {
    method: 'POST',
    path: '/api/sites',
    operationId: 'createSite',
    summary: 'Adds a site',
    status: 201,
    body: Type.Composite([Type.Object(DOMAIN), Type.Partial(OTHERS)]),
    request: REQUEST,
    ...ONE,
  },
  { method: 'GET', path: '/api/sites/{id}', operationId: 'readSite', summary: 'One site', ...ONE },
  {
    method: 'PATCH',
    path: '/api/sites/{id}',
    operationId: 'updateSite',
    summary: 'Changes the named fields, at once',
    body: Type.Partial(Type.Object({ ...DOMAIN, ...OTHERS.properties })),
    request: { name: 'Shop', retention_months: 12 },
    ...ONE,
  },
  {
    method: 'DELETE',
    path: '/api/sites/{id}',
    operationId: 'removeSite',
    summary: 'Removes a site with its keys and events',
    description: PENDING,
    scope: 'admin',
    answer: envelope(Type.Object({ id: Type.String(), ...ERASURE })),
    example: inEnvelope({ id: EXAMPLE.id, ...ERASURE_EXAMPLE }),
  },
  {
    method: 'DELETE',
    path: '/api/sites/{id}/visitors/{visitor}',
    operationId: 'eraseVisitor',
    summary: 'Erases all events of a visitor',
    description: PENDING,
    scope: 'admin',
    answer: envelope(Type.Object({ site: Type.String(), ...ERASURE })),
    example: inEnvelope({ site: EXAMPLE.id, ...ERASURE_EXAMPLE }),
  },
]
