import { Type } from '@sinclair/typebox'
import { type IngestAnswer, MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { storeUnavailable } from '../errors.js'
import { documentRoute, type RouteDocs, urlOf } from '../http/api/route.js'
import { toApiError } from '../http/error-answers.js'
import type { Sender, SenderOf } from '../http/senders.js'
import type { EventCommit } from '../ingest/commit/event-commit.js'
import type { GroupCommit } from '../ingest/commit/group-commit.js'
import type { HeartbeatRow } from '../ingest/event-row.js'
import { outcomeOf, type Tally } from '../ingest/outcomes.js'
import type { Ingest, IngestRequest } from '../ingest/pipeline.js'
import { EVENT_EXAMPLE, EVENTS, HEARTBEAT, INGEST_ANSWER } from './event-schemas.js'

interface CodeRoute {
  Params: { code: string }
  Body: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Whether the request was passed to the ingest pipeline, which then counts the outcomes of its events.
     */
    isTaken: boolean
  }
}

interface IngestRouteServices {
  ingest: Ingest
  senderOf: SenderOf
  tallies: { events: Tally; heartbeats: Tally }
  commit: Pick<EventCommit, 'isFull'>
  heartbeats: Pick<GroupCommit<HeartbeatRow>, 'isFull'>
}

interface CountedRoute {
  route: RouteDocs
  tally: Tally
  isFull: () => boolean
  take: (request: IngestRequest) => Promise<IngestAnswer>
}

/**
 * Maximum total length of all request bodies of browsers that wait for their commit, about one second of work. With a
 * higher limit, all requests would wait longer and some would time out.
 */
export const MAX_PENDING_CHARACTERS = 8 * 1024 * 1024

// A beacon is sent as `text/plain` so that it needs no preflight. Both types contain the same JSON.
const BODY_TYPES = ['application/json', 'text/plain']
const INGEST = {
  method: 'POST',
  scope: 'public',
  bodyTypes: BODY_TYPES,
  codes: [
    'VALIDATION_ERROR',
    'ORIGIN_NOT_ALLOWED',
    'UNKNOWN_TRACKING_CODE',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'RATE_LIMIT_EXCEEDED',
    'STORE_UNAVAILABLE',
  ],
} as const

export const collectEvents = documentRoute({
  ...INGEST,
  path: '/e/{code}',
  operationId: 'collectEvents',
  summary: 'Collect events of a browser',
  description:
    'One event, or an array of them: docs/wire.md. Answers when they are on disk. A 403 has the code ORIGIN_NOT_ALLOWED or BOT_REJECTED. An array is rejected only if all its events are.',
  body: EVENTS,
  request: EVENT_EXAMPLE,
  response: INGEST_ANSWER,
  example: { success: true },
})

export const collectHeartbeat = documentRoute({
  ...INGEST,
  path: '/e/heartbeat/{code}',
  operationId: 'collectHeartbeat',
  summary: 'Collect a heartbeat of an open page',
  description: 'Keeps the visitor in the live count for five minutes. Counts as no event.',
  body: HEARTBEAT,
  request: { session_id: EVENT_EXAMPLE.session_id, visitor_id: EVENT_EXAMPLE.visitor_id },
  response: Type.Object({ success: Type.Literal(true) }),
  example: { success: true },
})

export function addEventRoutes(
  app: FastifyInstance,
  { ingest, senderOf, tallies, commit, heartbeats }: IngestRouteServices,
): void {
  void app.register((routes, _options, done) => {
    routes.removeAllContentTypeParsers()
    // Keep the request body as text, because the ingest pipeline parses it.
    routes.addContentTypeParser(
      BODY_TYPES,
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, parsed) => parsed(null, body),
    )

    routes.decorateRequest('isTaken', false)
    let pendingCharacters = 0
    const addCountedRoute = ({ route, tally, isFull, take }: CountedRoute) => {
      const findOverload = () =>
        isFull() || pendingCharacters >= MAX_PENDING_CHARACTERS ? storeUnavailable() : undefined
      routes.post<CodeRoute>(urlOf(route), {
        onRequest(_request, _reply, next) {
          tally.receive()
          // Check for overload before the body is read, because a flood of requests would otherwise be read
          // completely before it is rejected.
          next(findOverload())
        },
        onError(request, _reply, error: FastifyError, next) {
          if (!request.isTaken) tally.end(outcomeOf(toApiError(error)))
          next()
        },
        async handler(request) {
          // Check for overload again, because other requests may have filled the queue while this body
          // arrived.
          const overload = findOverload()
          if (overload) throw overload
          request.isTaken = true
          const { length } = request.body ?? ''
          pendingCharacters += length
          try {
            const sender = senderOf(request)
            return await take(toIngestRequest(request, sender instanceof Promise ? await sender : sender))
          } finally {
            pendingCharacters -= length
          }
        },
      })
    }

    addCountedRoute({
      route: collectEvents,
      tally: tallies.events,
      isFull: commit.isFull,
      take: (request) => ingest.ingestEvents(request),
    })
    addCountedRoute({
      route: collectHeartbeat,
      tally: tallies.heartbeats,
      isFull: heartbeats.isFull,
      take: (request) => ingest.ingestHeartbeat(request),
    })
    done()
  })
}

function toIngestRequest(
  { params, body, headers }: FastifyRequest<CodeRoute>,
  sender: Sender,
): IngestRequest {
  return {
    code: params.code,
    body: body ?? '',
    ...sender,
    origin: headers.origin,
    language: firstLanguage(headers['accept-language']),
    hasGpcHeader: headers['sec-gpc'] === '1',
  }
}

/**
 * Returns the first language in an `Accept-Language` header, such as `de-CH` for `de-CH,de;q=0.9`. Returns an
 * empty string if the header is missing or `*`.
 */
function firstLanguage(header = ''): string {
  return /^[a-z]{2,3}(?:-[a-z\d]{1,8}){0,3}(?=[,;]|$)/i.exec(header)?.[0] ?? ''
}
