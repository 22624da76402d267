import { MAX_KEYED_BATCH_BYTES } from '@zenovay/tracker/contract'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { KeyGate } from '../auth/create-key-gate.js'
import { ApiError } from '../errors.js'
import type { TakeBatch } from '../ingest/create-batch-ingest.js'
import { createBodyBudget } from '../ingest/create-body-budget.js'
import type { EventCommit } from '../ingest/create-event-commit.js'
import { outcomeOf, type Tally } from '../ingest/outcomes.js'
import type { ApiKey } from '../stores/control-store.js'
import { toApiError } from './error-answers.js'
import { nameRequest } from './public-headers.js'
import { takeJsonText } from './take-json-text.js'

interface BatchRouteServices {
  gate: KeyGate
  takeBatch: TakeBatch
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
const RETRY_AFTER_S = 5

/** `POST /api/v1/events`: up to 1,000 events of a server, for an API key that may write. */
export function addBatchRoute(
  app: FastifyInstance,
  { gate, takeBatch, tally, commit, now }: BatchRouteServices,
): void {
  const budget = createBodyBudget(MAX_BYTES_UNDER_WAY)
  void app.register((routes, _options, done) => {
    takeJsonText(routes, MAX_KEYED_BATCH_BYTES)
    routes.decorateRequest('apiKey')
    routes.decorateRequest('isCounted', false)
    routes.decorateRequest('isTaken', false)

    routes.post<{ Body: string | undefined }>('/api/v1/events', {
      config: { isPrivate: true },
      async onRequest(request, reply) {
        nameRequest(reply)
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
        const data = await takeBatch(request.body ?? '', request.getDecorator<ApiKey>('apiKey'))
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
