import { Type } from '@sinclair/typebox'
import { MAX_KEYED_BATCH_BYTES, MAX_KEYED_BATCH_EVENTS } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiKey } from '../control/keys/api-key.js'
import type { KeyGate } from '../control/keys/gate.js'
import { storeUnavailable } from '../errors.js'
import type { FairQueue } from '../fair-queue.js'
import { documentRoute, urlOf } from '../http/api/route.js'
import { createBodyBudget } from '../http/body-budget.js'
import { setRequestId } from '../http/cors.js'
import { toApiError } from '../http/error-answers.js'
import { oneOf } from '../http/fields.js'
import { acceptJsonAsText } from '../http/server.js'
import type { IngestBatch } from '../ingest/batch.js'
import type { EventCommit } from '../ingest/commit/event-commit.js'
import { outcomeOf, type Tally } from '../ingest/outcomes.js'
import { EVENT, EVENT_EXAMPLE, WIRE_ERROR } from './event-schemas.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the API key was accepted and the request was counted as a received event. */
    isCounted: boolean
  }
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
