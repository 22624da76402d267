import type { IncomingMessage } from 'node:http'
import { type IngestAnswer, MAX_BODY_BYTES, MAX_KEYED_BATCH_BYTES } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiKey } from '../control/keys/api-key.js'
import type { KeyGate } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { createBodyBudget } from '../http/body-budget.js'
import type { TrustedProxies } from '../http/client-address.js'
import { setRequestId } from '../http/cors.js'
import { toApiError } from '../http/error-answers.js'
import { acceptJsonAsText } from '../http/server.js'
import type { IngestBatch } from '../ingest/batch.js'
import type { EventCommit } from '../ingest/commit/event-commit.js'
import type { GroupCommit } from '../ingest/commit/group-commit.js'
import type { HeartbeatRow } from '../ingest/event-row.js'
import { outcomeOf, type Tally } from '../ingest/outcomes.js'
import type { Ingest, IngestRequest } from '../ingest/pipeline.js'

interface CodeRoute {
  Params: { code: string }
  Body: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Ingest has it, and counts what becomes of it. */
    isTaken: boolean
  }
}

interface IngestRouteServices {
  ingest: Ingest
  addressOf: TrustedProxies['addressOf']
  tallies: { events: Tally; heartbeats: Tally }
  commit: Pick<EventCommit, 'isFull'>
  heartbeats: Pick<GroupCommit<HeartbeatRow>, 'isFull'>
  /** The country that a CDN says in a header; empty unless it may be believed. */
  readCdnCountry: (request: IncomingMessage) => string
}

interface CountedRoute {
  url: string
  tally: Tally
  isFull: () => boolean
  take: (request: IngestRequest) => Promise<IngestAnswer>
}

const RETRY_AFTER_S = 5
// Of all bodies that wait for their commit, about a second of work. More would only make all of them wait: with 2,000
// connections that sent 30 events each, an event waited for 15 s, and some requests timed out unread.
const MAX_CHARACTERS_UNDER_WAY = 8 * 1024 * 1024

/** `POST /e/{code}` and `POST /e/heartbeat/{code}`. */
export function addEventRoutes(
  app: FastifyInstance,
  { ingest, addressOf, tallies, commit, heartbeats, readCdnCountry }: IngestRouteServices,
): void {
  void app.register((routes, _options, done) => {
    routes.removeAllContentTypeParsers()
    // A beacon is text/plain so that it needs no preflight; both are the same JSON. The decode stage parses it.
    routes.addContentTypeParser(
      ['application/json', 'text/plain'],
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, parsed) => parsed(null, body),
    )

    routes.decorateRequest('isTaken', false)
    let charactersUnderWay = 0
    const addCountedRoute = ({ url, tally, isFull, take }: CountedRoute) => {
      const refuseMore = () =>
        isFull() || charactersUnderWay >= MAX_CHARACTERS_UNDER_WAY
          ? new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S })
          : undefined
      routes.post<CodeRoute>(url, {
        onRequest(_request, _reply, next) {
          tally.receive()
          // Before the body is read: under a flood most of the work is reading what will be refused.
          next(refuseMore())
        },
        onError(request, _reply, error: FastifyError, next) {
          if (!request.isTaken) tally.end(outcomeOf(toApiError(error)))
          next()
        },
        async handler(request) {
          // Others may have come in while its body did.
          const refusal = refuseMore()
          if (refusal) throw refusal
          request.isTaken = true
          const { length } = request.body ?? ''
          charactersUnderWay += length
          try {
            return await take(
              read(request, { ip: addressOf(request.raw), cdnCountry: readCdnCountry(request.raw) }),
            )
          } finally {
            charactersUnderWay -= length
          }
        },
      })
    }

    addCountedRoute({
      url: '/e/:code',
      tally: tallies.events,
      isFull: commit.isFull,
      take: (request) => ingest.ingestEvents(request),
    })
    addCountedRoute({
      url: '/e/heartbeat/:code',
      tally: tallies.heartbeats,
      isFull: heartbeats.isFull,
      take: (request) => ingest.ingestHeartbeat(request),
    })
    done()
  })
}

function read(
  { params, body, headers }: FastifyRequest<CodeRoute>,
  sender: { ip: string; cdnCountry: string },
): IngestRequest {
  return {
    code: params.code,
    body: body ?? '',
    ...sender,
    origin: headers.origin,
    language: firstLanguage(headers['accept-language']),
  }
}

/** The language that a browser likes best, of `de-CH,de;q=0.9`; servers send `*`, or nothing. */
function firstLanguage(header = ''): string {
  return /^[a-z]{2,3}(?:-[a-z\d]{1,8}){0,3}(?=[,;]|$)/i.exec(header)?.[0] ?? ''
}

interface BatchRouteServices {
  gate: KeyGate
  ingestBatch: IngestBatch
  tally: Tally
  commit: Pick<EventCommit, 'isFull'>
  now: () => number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Its key is good, and it counts as an event. */
    isCounted: boolean
  }
}

const MEBIBYTE = 1024 * 1024
const MAX_BYTES_UNDER_WAY = 16 * MEBIBYTE
// Rows weigh more than short events: 32 bodies of the smallest ones leave room in the queue for the events of browsers.
const LEAST_RESERVED = MEBIBYTE / 2

/** `POST /api/v1/events`: up to 1,000 events of a server, for an API key that may write. */
export function addBatchRoute(
  app: FastifyInstance,
  { gate, ingestBatch, tally, commit, now }: BatchRouteServices,
): void {
  const budget = createBodyBudget(MAX_BYTES_UNDER_WAY)
  void app.register((routes, _options, done) => {
    acceptJsonAsText(routes, MAX_KEYED_BATCH_BYTES)
    routes.decorateRequest('apiKey')
    routes.decorateRequest('isCounted', false)
    routes.decorateRequest('isTaken', false)

    routes.post<{ Body: string | undefined }>('/api/v1/events', {
      config: { isPrivate: true },
      async onRequest(request, reply) {
        setRequestId(reply)
        reply.header('cache-control', 'no-store')
        request.setDecorator('apiKey', await gate.enter(request, reply, 'write'))
        tally.receive()
        request.isCounted = true
        if (commit.isFull()) throw new ApiError('STORE_UNAVAILABLE', { retryAfterS: RETRY_AFTER_S })
        // Also when the sender leaves in the middle of its body.
        reply.raw.once('close', budget.reserve(sizeOf(request)))
      },
      onError(request, _reply, error: FastifyError, next) {
        if (request.isCounted && !request.isTaken) tally.end(outcomeOf(toApiError(error)))
        next()
      },
      async handler(request) {
        request.isTaken = true
        const data = await ingestBatch(request.body ?? '', request.getDecorator<ApiKey>('apiKey'))
        return { success: true as const, data, timestamp: new Date(now()).toISOString() }
      },
    })
    done()
  })
}

/** What a body may take; one of an unknown length all that is allowed. */
function sizeOf({ headers }: FastifyRequest): number {
  const announced = Number(headers['content-length'] ?? MAX_KEYED_BATCH_BYTES)
  return Math.min(Math.max(announced, LEAST_RESERVED), MAX_KEYED_BATCH_BYTES)
}
