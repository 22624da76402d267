import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import { authenticate, authorise, type KeyGate } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { documentRoute, urlOf } from '../http/api/route.js'
import { setRequestId } from '../http/cors.js'
import { parseFeedCursor } from '../reports/realtime/feed-cursor.js'
import type { StreamHub } from '../reports/realtime/stream-hub.js'

interface StreamRouteServices {
  control: ControlStore
  gate: KeyGate
  hub: StreamHub
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // These headers prevent proxies from caching or transforming the stream, and nginx from holding it back
  // until a buffer is full.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

export const streamSite = documentRoute({
  path: '/api/stream/{id}',
  operationId: 'streamSite',
  summary: 'Stream the live count, metrics and events of a site',
  description:
    'Server-sent events live, analytics and hit: docs/stream.md. Last-Event-ID resumes a broken stream.',
  scope: 'read',
  contentType: 'text/event-stream',
  example: 'event: live\ndata: {"visitors":42}\n\n',
})

export function addStreamRoute(app: FastifyInstance, { control, gate, hub }: StreamRouteServices): void {
  app.addHook('preClose', (done) => {
    hub.close()
    done()
  })

  // Do not add a HEAD route, because a HEAD request would open a stream, too.
  app.get<{ Params: { id: string } }>(
    urlOf(streamSite),
    { exposeHeadRoute: false },
    async (request, reply) => {
      setRequestId(reply)
      const { id } = request.params
      const key = await gate.enter(request, reply, 'read')
      const site = await authorise(key, id, control)
      const cursor = parseFeedCursor([request.headers['last-event-id']].flat()[0])
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

/** Detaches the response from Fastify, sends its headers and returns the underlying Node.js response. */
function openResponse(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack()
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...HEADERS }))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.flushHeaders()
  return reply.raw
}
