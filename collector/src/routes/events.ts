import type { IncomingMessage } from 'node:http'
import { Type } from '@sinclair/typebox'
import {
  type IngestAnswer,
  MAX_BODY_BYTES,
  MAX_KEYED_BATCH_BYTES,
  MAX_KEYED_BATCH_EVENTS,
} from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiKey } from '../control/keys/api-key.js'
import type { KeyGate } from '../control/keys/gate.js'
import { storeUnavailable } from '../errors.js'
import type { FairQueue } from '../fair-queue.js'
import { documentRoute, type RouteDocs, urlOf } from '../http/api/route.js'
import { createBodyBudget } from '../http/body-budget.js'
import type { TrustedProxies } from '../http/client-address.js'
import { setRequestId } from '../http/cors.js'
import { toApiError } from '../http/error-answers.js'
import { oneOf } from '../http/fields.js'
import { acceptJsonAsText } from '../http/server.js'
import type { IngestBatch } from '../ingest/batch.js'
import type { EventCommit } from '../ingest/commit/event-commit.js'
import type { GroupCommit } from '../ingest/commit/group-commit.js'
import type { HeartbeatRow } from '../ingest/event-row.js'
import { outcomeOf, type Tally } from '../ingest/outcomes.js'
import type { Ingest, IngestRequest } from '../ingest/pipeline.js'
import { EVENT, EVENT_EXAMPLE, EVENTS, HEARTBEAT, INGEST_ANSWER, WIRE_ERROR } from './event-schemas.js'

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
    /** Whether the API key was accepted and the request was counted as a received event. */
    isCounted: boolean
  }
}

interface IngestRouteServices {
  ingest: Ingest
  addressOf: TrustedProxies['addressOf']
  tallies: { events: Tally; heartbeats: Tally }
  commit: Pick<EventCommit, 'isFull'>
  heartbeats: Pick<GroupCommit<HeartbeatRow>, 'isFull'>
  /** Returns the country in the header of a CDN, or an empty string if no trusted proxy sent this header. */
  readCdnCountry: (request: IncomingMessage) => string
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
  { ingest, addressOf, tallies, commit, heartbeats, readCdnCountry }: IngestRouteServices,
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
            return await take(
              toIngestRequest(request, {
                ip: addressOf(request.raw),
                cdnCountry: readCdnCountry(request.raw),
              }),
            )
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
  sender: { ip: string; cdnCountry: string },
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

interface BatchRouteServices {
  gate: KeyGate
  /** Starts the batches of all accounts in turn. */
  queue: FairQueue
  ingestBatch: IngestBatch
  tally: Tally
  commit: Pick<EventCommit, 'isFull'>
  now: () => number
}

const MEBIBYTE = 1024 * 1024
/** Memory for the bodies of batches that are received or processed. */
export const BODY_BUDGET = {
  maxBytes: 32 * MEBIBYTE,
  // One body of the maximum size and some smaller ones.
  maxBytesPerAccount: 8 * MEBIBYTE,
}
// Minimum number of bytes that each pending request reserves. At most 64 requests can therefore be pending, and 16 of
// one account, which leaves space in the queue for events from browsers.
const MIN_RESERVED_BYTES = MEBIBYTE / 2

export const sendEvents = documentRoute({
  method: 'POST',
  path: '/api/v1/events',
  operationId: 'sendEvents',
  summary: 'Send events from a server',
  description: 'Each event is checked on its own: docs/wire.md. Answers when the valid events are on disk.',
  scope: 'write',
  body: Type.Object({
    trackingCode: Type.String({ description: 'ZV_…' }),
    events: Type.Array(EVENT, {
      minItems: 1,
      maxItems: MAX_KEYED_BATCH_EVENTS,
    }),
  }),
  request: {
    trackingCode: 'ZV_XXXXXXXXXXX',
    events: [EVENT_EXAMPLE],
  },
  data: Type.Object({
    stored: Type.Integer(),
    duplicates: Type.Integer(),
    rejected: Type.Integer(),
    results: Type.Array(
      Type.Object({
        index: Type.Integer(),
        status: oneOf(['stored', 'duplicate', 'rejected']),
        error: Type.Optional(WIRE_ERROR),
      }),
      { description: 'One for each event, in order.' },
    ),
  }),
  example: { stored: 1, duplicates: 0, rejected: 0, results: [{ index: 0, status: 'stored' }] },
})

export function addBatchRoute(
  app: FastifyInstance,
  { gate, queue, ingestBatch, tally, commit, now }: BatchRouteServices,
): void {
  const budget = createBodyBudget(BODY_BUDGET)
  void app.register((routes, _options, done) => {
    acceptJsonAsText(routes, MAX_KEYED_BATCH_BYTES)
    routes.decorateRequest('apiKey')
    routes.decorateRequest('isCounted', false)
    routes.decorateRequest('isTaken', false)

    routes.post<{ Body: string | undefined }>(urlOf(sendEvents), {
      config: { isPrivate: true },
      async onRequest(request, reply) {
        setRequestId(reply)
        reply.header('cache-control', 'no-store')
        const key = await gate.enter(request, reply, 'write')
        request.setDecorator('apiKey', key)
        tally.receive()
        request.isCounted = true
        if (commit.isFull()) throw storeUnavailable()
        // Release the bytes on `close`, which also occurs if the sender disconnects in the middle of its
        // body.
        reply.raw.once('close', budget.reserve(key.accountId, sizeOf(request)))
      },
      onError(request, _reply, error: FastifyError, next) {
        if (request.isCounted && !request.isTaken) tally.end(outcomeOf(toApiError(error)))
        next()
      },
      async handler(request) {
        request.isTaken = true
        const key = request.getDecorator<ApiKey>('apiKey')
        const data = await queue.run(key.accountId, () => ingestBatch(request.body ?? '', key))
        return { success: true as const, data, timestamp: new Date(now()).toISOString() }
      },
    })
    done()
  })
}

/**
 * Returns the number of bytes to reserve for a request body. This is the announced length, limited to the
 * allowed range, or the maximum body size if no length is announced.
 */
function sizeOf({ headers }: FastifyRequest): number {
  const announced = Number(headers['content-length'] ?? MAX_KEYED_BATCH_BYTES)
  return Math.min(Math.max(announced, MIN_RESERVED_BYTES), MAX_KEYED_BATCH_BYTES)
}
