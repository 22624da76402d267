import type { FastifyInstance } from 'fastify'
import { createApiKey, maskKey } from '../control/keys/api-key.js'
import { authorise } from '../control/keys/gate.js'
import { parseKeyFields, type KeyFields } from '../control/keys/fields.js'
import { ApiError } from '../errors.js'
import { decodeJson } from '../http/json-body.js'
import type { ApiKey, ListedApiKey } from '../control/keys/api-key.js'
import type { ControlStore } from '../control/control-store.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'

interface KeyRoutesServices {
  control: ControlStore
  now: () => number
}

/** `/api/keys`: making, listing and revoking the keys that reach nothing beyond the admin key which asks. */
export function addKeyRoutes(app: FastifyInstance, { control, now }: KeyRoutesServices): void {
  const success = <Data>(data: Data) => ({
    success: true as const,
    data,
    timestamp: new Date(now()).toISOString(),
  })

  const addRoutes = (routes: FastifyInstance) => {
    routes.get('', async (request) => success((await control.listApiKeysOf(keyOf(request))).map(describeKey)))

    routes.post<{ Body: string | undefined }>('', async (request, reply) => {
      const maker = keyOf(request)
      const { siteId, ...fields } = readBody(request.body)
      if (siteId !== null) await authorise(maker, siteId, control)
      const { secret, record } = createApiKey(
        { ...fields, accountId: maker.accountId, siteId: siteId ?? maker.siteId },
        now(),
      )
      await control.addApiKey(record, maker.id)
      reply.code(201)
      // The only answer that ever holds it.
      return success({ ...describeKey({ ...record, lastUsedAt: null }), key: secret })
    })

    routes.delete<{ Params: { id: string } }>('/:id', async (request) => {
      const { id } = request.params
      const [key, actor] = [await control.findApiKey(id), keyOf(request)]
      // One answer for all that is beyond reach: nobody learns which ids others have.
      if (!key || !isWithin(key, actor) || !(await control.removeApiKey(id, { actor: actor.id, at: now() })))
        throw new ApiError('NOT_FOUND')
      return success({ id })
    })
  }
  addPrivateApi(app, { prefix: '/api/keys', control, addRoutes })
}

function isWithin(key: ApiKey, { accountId, siteId }: ApiKey): boolean {
  return key.accountId === accountId && (siteId === null || key.siteId === siteId)
}

/** The fields of a body. Throws `VALIDATION_ERROR` with every fault. */
function readBody(body: string | undefined): KeyFields {
  const read = parseKeyFields(decodeJson(body ?? ''))
  if ('faults' in read) throw new ApiError('VALIDATION_ERROR', { details: read.faults })
  return read.fields
}

function describeKey({ id, name, scope, siteId, createdAt, lastUsedAt }: Omit<ListedApiKey, 'accountId'>) {
  return {
    id,
    name,
    masked_key: maskKey(id),
    scope,
    site_id: siteId,
    created_at: new Date(createdAt).toISOString(),
    last_used_at: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
  }
}
