import type { FastifyInstance, FastifyReply } from 'fastify'
import { authenticate, authorise } from '../control/keys/gate.js'
import type { KeyGate } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import type { ControlStore } from '../control/control-store.js'
import type { StreamHub } from '../reports/realtime/stream-hub.js'
import { parseCursor } from '../reports/realtime/feed-cursor.js'
import { setRequestId } from '../http/cors.js'

interface StreamRouteServices {
  control: ControlStore
  gate: KeyGate
  hub: StreamHub
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Proxies must neither keep nor transform it; nginx would hold it back until a buffer is full.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** `GET /api/stream/{id}`: live count, figures and events of a site as they come, for an API key that may read it. */
export function addStreamRoute(app: FastifyInstance, { control, gate, hub }: StreamRouteServices): void {
  app.addHook('preClose', (done) => {
    hub.close()
    done()
  })

  // Asked by HEAD it would be opened as well.
  app.get<{ Params: { id: string } }>(
    '/api/stream/:id',
    { exposeHeadRoute: false },
    async (request, reply) => {
      setRequestId(reply)
      const { id } = request.params
      const key = await gate.enter(request, reply, 'read')
      const site = await authorise(key, id, control)
      const cursor = parseCursor([request.headers['last-event-id']].flat()[0])
      const isAllowed = async () => {
        try {
          await authorise(await authenticate(request.headers, control), id, control)
          return true
        } catch (error) {
          if (error instanceof ApiError && error.code !== 'STORE_UNAVAILABLE') return false
          throw error
        }
      }
      const start = await hub.open({ site, keyId: key.id, cursor, isAllowed })
      start(openResponse(reply))
    },
  )
}

/** Takes the response from the framework and writes its head. */
function openResponse(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack()
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...HEADERS }))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.flushHeaders()
  return reply.raw
}
