import { Type } from '@sinclair/typebox'
import { KEY_SCOPES } from '../../control/keys/api-key.js'
import { orNull } from '../../http/api/answer-schemas.js'
import { oneOf } from '../reports/query-parameters.js'
import {
  MOMENT,
  MOMENT_EXAMPLE,
  REMOVED,
  envelope,
  inEnvelope,
  type DescribedRoute,
} from '../../http/api/route.js'

const KEY = Type.Object({
  id: Type.String(),
  name: Type.String(),
  masked_key: Type.String(),
  scope: oneOf(KEY_SCOPES),
  site_id: orNull(Type.String(), 'Null: all sites of its account.'),
  created_at: MOMENT,
  last_used_at: orNull(Type.String(), 'Its last request that counted, ISO 8601, UTC.'),
})
const EXAMPLE = {
  id: '0123456789abcdef',
  name: 'Shop',
  masked_key: 'zv_0123456789abcdef_…',
  scope: 'read',
  site_id: null,
  created_at: MOMENT_EXAMPLE,
  last_used_at: null,
}

export const KEY_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: '/api/keys',
    operationId: 'listKeys',
    summary: 'The keys that reach nothing beyond the one that asks',
    scope: 'admin',
    answer: envelope(Type.Array(KEY)),
    example: inEnvelope([EXAMPLE]),
  },
  {
    method: 'POST',
    path: '/api/keys',
    operationId: 'createKey',
    summary: 'Makes a key',
    description: 'The key itself is in this answer alone.',
    scope: 'admin',
    status: 201,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 100 }),
      scope: Type.Optional(oneOf(KEY_SCOPES, { default: 'read' })),
      site_id: Type.Optional(orNull(Type.String(), 'Null, as without it: all sites of the key that asks.')),
    }),
    request: { name: 'Shop', scope: 'read' },
    answer: envelope(Type.Composite([KEY, Type.Object({ key: Type.String() })])),
    example: inEnvelope({ ...EXAMPLE, key: `zv_0123456789abcdef_${'0'.repeat(64)}` }),
  },
  {
    method: 'DELETE',
    path: '/api/keys/{id}',
    operationId: 'revokeKey',
    summary: 'Revokes a key, at once',
    scope: 'admin',
    answer: REMOVED,
    example: inEnvelope({ id: EXAMPLE.id }),
  },
]
