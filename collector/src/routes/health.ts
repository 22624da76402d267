import { type TSchema, Type } from '@sinclair/typebox'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { documentRoute, urlOf } from '../http/api/route.js'
import { oneOf } from '../http/fields.js'
import type { GroupCommit } from '../ingest/commit/group-commit.js'

interface HealthServices {
  isStoreReachable: () => Promise<boolean>
  queues: Pick<GroupCommit<unknown>, 'isFull' | 'isFailing'>[]
  /** Rate limit of each client. */
  limit: onRequestHookHandler
  /** Returns the time of a monotonic clock in milliseconds. */
  steadyNow: () => number
}

/** Reasons why the collector currently cannot store events. */
const REASONS = ['shutting_down', 'store_unreachable', 'store_failing', 'queue_full'] as const
type Reason = (typeof REASONS)[number]

const READY = { status: oneOf(['ok', 'unavailable']), reasons: Type.Array(oneOf(REASONS)) }
const READY_EXAMPLE = { status: 'ok', reasons: [] }
const NOT_READY = 'Answers 503 with the reasons when no event can be stored.'

interface Probe {
  path: string
  operationId: string
  summary: string
  description?: string
  response: TSchema
  example: unknown
}
const documentProbe = (probe: Probe) =>
  documentRoute({ ...probe, scope: 'public', codes: ['RATE_LIMIT_EXCEEDED'] })

const isAlive = documentProbe({
  path: '/health/live',
  operationId: 'isAlive',
  summary: 'Whether the process answers',
  response: Type.Object({ status: Type.Literal('ok') }),
  example: { status: 'ok' },
})
const isReady = documentProbe({
  path: '/health/ready',
  operationId: 'isReady',
  summary: 'Whether events can be stored',
  description: NOT_READY,
  response: Type.Object(READY),
  example: READY_EXAMPLE,
})
const readHealth = documentProbe({
  path: '/health',
  operationId: 'readHealth',
  summary: 'Whether events can be stored, with the state of each part',
  description: NOT_READY,
  response: Type.Object({
    ...READY,
    store: oneOf(['ok', 'failing', 'unreachable']),
    queue: oneOf(['ok', 'full']),
  }),
  example: { ...READY_EXAMPLE, store: 'ok', queue: 'ok' },
})

export const HEALTH_ROUTES = [isAlive, isReady, readHealth]

export function addHealthRoutes(
  app: FastifyInstance,
  { isStoreReachable, queues, limit, steadyNow }: HealthServices,
): void {
  const probe = createStoreProbe(isStoreReachable, steadyNow)
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })

  async function findReasons(): Promise<Reason[]> {
    const isReachable = await probe()
    const checks: [Reason, boolean][] = [
      ['shutting_down', isClosing],
      ['store_unreachable', !isReachable],
      ['store_failing', queues.some((queue) => queue.isFailing())],
      ['queue_full', queues.some((queue) => queue.isFull())],
    ]
    return checks.flatMap(([reason, applies]) => (applies ? [reason] : []))
  }

  void app.register((routes, _options, done) => {
    routes.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
    routes.addHook('onRequest', limit)
    routes.get(urlOf(isAlive), () => ({ status: 'ok' }))
    routes.get(urlOf(isReady), async (_request, reply) => {
      const reasons = await findReasons()
      reply.code(reasons.length > 0 ? 503 : 200)
      return { status: reasons.length > 0 ? 'unavailable' : 'ok', reasons }
    })
    for (const url of [urlOf(readHealth), `${urlOf(readHealth)}/`])
      routes.get(url, async (_request, reply) => {
        const reasons = await findReasons()
        reply.code(reasons.length > 0 ? 503 : 200)
        return {
          status: reasons.length > 0 ? 'unavailable' : 'ok',
          store: reasons.includes('store_unreachable')
            ? 'unreachable'
            : reasons.includes('store_failing')
              ? 'failing'
              : 'ok',
          queue: reasons.includes('queue_full') ? 'full' : 'ok',
          reasons,
        }
      })
    done()
  })
}

const TIMEOUT_MS = 1_500
// Load balancers and orchestrators check every few seconds, so that they still get a new result each time.
const MAX_AGE_MS = 1_000

/**
 * Creates a function that checks whether the store is reachable. It resolves to false after 1.5 seconds. There is
 * one query at a time, and its result is valid for a second, so that a flood of health checks does not cause a
 * flood of queries.
 */
function createStoreProbe(
  isReachable: () => Promise<boolean>,
  steadyNow: () => number,
): () => Promise<boolean> {
  let pending: Promise<boolean> | undefined
  let last: { result: boolean; at: number } | undefined

  async function query(): Promise<boolean> {
    const result = await isReachable().catch(() => false)
    last = { result, at: steadyNow() }
    pending = undefined
    return result
  }

  return async () => {
    if (last && steadyNow() - last.at < MAX_AGE_MS) return last.result
    pending ??= query()
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, TIMEOUT_MS, false)))
    const result = await Promise.race([pending, timeout])
    clearTimeout(timer)
    return result
  }
}
