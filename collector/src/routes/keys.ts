import { Type } from '@sinclair/typebox'
import {
  createApiKey,
  KEY_SCOPES,
  type ListedApiKey,
  maskKey,
  NEW_KEY,
  reaches,
} from '../control/keys/api-key.js'
import { accountBoundError, MAX_KEYS_OF_ACCOUNT } from '../control/account-bounds.js'
import { authorise } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { MOMENT, MOMENT_EXAMPLE, REMOVED, toIso } from '../http/api/route.js'
import { oneOf, orNull } from '../http/fields.js'
import { defineRoute } from './define-route.js'

const KEY = {
  id: Type.String(),
  name: Type.String(),
  masked_key: Type.String(),
  scope: oneOf(KEY_SCOPES),
  site_id: orNull(Type.String(), 'Null: all sites of its account.'),
  created_at: MOMENT,
  last_used_at: orNull(Type.String(), 'Its last request that counted, ISO 8601, UTC.'),
}
const EXAMPLE = {
  id: '0123456789abcdef',
  name: 'Shop',
  masked_key: 'zv_0123456789abcdef_…',
  scope: 'read',
  site_id: null,
  created_at: MOMENT_EXAMPLE,
  last_used_at: null,
}

export const listKeys = defineRoute({
  path: '/api/keys',
  operationId: 'listKeys',
  scope: 'admin',
  summary: 'List the keys that reach no more than this one',
  data: Type.Array(Type.Object(KEY)),
  example: [EXAMPLE],
  answer: async ({ key, services: { control } }) => (await control.listApiKeysOf(key)).map(toKeyJson),
})

export const createKey = defineRoute({
  method: 'POST',
  path: '/api/keys',
  operationId: 'createKey',
  scope: 'admin',
  status: 201,
  summary: 'Create a key',
  description: 'Only this answer contains the key itself.',
  body: NEW_KEY,
  request: { name: 'Shop', scope: 'read' },
  data: Type.Object({ ...KEY, key: Type.String() }),
  example: { ...EXAMPLE, key: `zv_0123456789abcdef_${'0'.repeat(64)}` },
  answer: async ({ body, key: maker, now, services: { control } }) => {
    const { name, scope = 'read', site_id: siteId = null } = body
    if (siteId !== null) await authorise(maker, siteId, control)
    const { secret, record } = createApiKey(
      { name, scope, accountId: maker.accountId, siteId: siteId ?? maker.siteId },
      now,
    )
    if (!(await control.addApiKey(record, { actor: maker.id, max: MAX_KEYS_OF_ACCOUNT })))
      throw accountBoundError('name', 'keys', MAX_KEYS_OF_ACCOUNT)
    return { ...toKeyJson({ ...record, lastUsedAt: null }), key: secret }
  },
})

export const revokeKey = defineRoute({
  method: 'DELETE',
  path: '/api/keys/{id}',
  operationId: 'revokeKey',
  scope: 'admin',
  summary: 'Revoke a key, effective at once',
  data: REMOVED,
  example: { id: EXAMPLE.id },
  answer: async ({ params: { id }, key: maker, change, services: { control } }) => {
    const key = await control.findApiKey(id)
    // Return the same response for an unknown key and for one that the caller cannot reach, so that existing
    // key IDs are not revealed.
    if (!key || !reaches(maker, key) || !(await control.removeApiKey(id, change)))
      throw new ApiError('NOT_FOUND')
    return { id }
  },
})

function toKeyJson({ id, name, scope, siteId, createdAt, lastUsedAt }: Omit<ListedApiKey, 'accountId'>) {
  return {
    id,
    name,
    masked_key: maskKey(id),
    scope,
    site_id: siteId,
    created_at: toIso(createdAt),
    last_used_at: toIso(lastUsedAt),
  }
}
