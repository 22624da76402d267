import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KeyGate } from '../../auth/create-key-gate.js'
import { ApiError } from '../../errors.js'
import { decodeJson } from '../../ingest/decode.js'
import type { ApiKey } from '../../stores/control-store.js'
import { nameRequest } from '../public-headers.js'
import type { ApiRoute, ExternalServices } from './api-route.js'
import { addDocuments } from './documents.js'
import { EXTERNAL_ROUTES } from './external-routes.js'
import { readInput } from './read-input.js'
import { sendTable, wantsTable } from './send-table.js'
import { takeJsonText } from '../take-json-text.js'

export const EXTERNAL_API = '/api/external/v1'

interface ExternalApiServices extends ExternalServices {
  gate: KeyGate
}

/** The External API: reports for an API key. */
export function addExternalApi(app: FastifyInstance, { gate, ...services }: ExternalApiServices): void {
  void app.register(
    (routes, _options, done) => {
      takeJsonText(routes, MAX_BODY_BYTES)
      routes.decorateRequest('apiKey')
      routes.addHook('onRequest', async (_request, reply) => {
        nameRequest(reply)
        reply.header('cache-control', 'no-store')
      })
      // Of its own, so that the hooks above run for what is not there, too.
      routes.setNotFoundHandler(() => Promise.reject(new ApiError('NOT_FOUND')))
      addDocuments(routes, EXTERNAL_API)
      for (const route of EXTERNAL_ROUTES)
        routes.route({
          method: route.method,
          url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
          // Before anything is read: who has no key learns nothing of what would be valid.
          onRequest: async (request, reply) =>
            request.setDecorator('apiKey', await gate.enter(request, reply, route.scope)),
          handler: (request, reply) => answer({ route, services, request, reply }),
        })
      done()
    },
    { prefix: EXTERNAL_API },
  )
}

async function answer({
  route,
  services,
  request,
  reply,
}: {
  route: ApiRoute
  services: ExternalServices
  request: FastifyRequest
  reply: FastifyReply
}): Promise<unknown> {
  const body = route.body && decodeJson((request.body as string | undefined) ?? '')
  const input = readInput(route, { params: request.params, query: request.query, body })
  const now = services.now()
  const { data, beside } = await route.answer({
    services,
    key: request.getDecorator<ApiKey>('apiKey'),
    now,
    ...input,
  })
  if (route.table) {
    reply.header('vary', 'Accept')
    if (wantsTable(request, input.query['format']))
      return sendTable(reply, { table: route.table, data, name: route.operationId })
  }
  return { success: true, data, timestamp: new Date(now).toISOString(), ...beside }
}
