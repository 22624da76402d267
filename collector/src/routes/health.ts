import type { FastifyInstance } from 'fastify'
import type { GroupCommit } from '../ingest/commit/group-commit.js'

interface HealthServices {
  isStoreReachable: () => Promise<boolean>
  queues: Pick<GroupCommit<unknown>, 'isFull' | 'isFailing'>[]
}

/** Why no event can be stored now. */
type Reason = 'shutting_down' | 'store_unreachable' | 'store_failing' | 'queue_full'

/**
 * `GET /health/live`: 200 while the process answers. `GET /health/ready`: 200 when events can be stored, else 503 with the
 * reasons. `GET /health`: the same as ready, with a word for each part.
 */
export function addHealthRoutes(app: FastifyInstance, { isStoreReachable, queues }: HealthServices): void {
  const probe = createStoreProbe(isStoreReachable)
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

  void app.register(
    (routes, _options, done) => {
      routes.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
      routes.get('/live', () => ({ status: 'ok' }))
      routes.get('/ready', async (_request, reply) => {
        const reasons = await findReasons()
        reply.code(reasons.length > 0 ? 503 : 200)
        return { status: reasons.length > 0 ? 'unavailable' : 'ok', reasons }
      })
      routes.get('/', async (_request, reply) => {
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
    },
    { prefix: '/health' },
  )
}

const PATIENCE_MS = 1_500

/**
 * Asks whether the store can be reached, and says no after 1.5 seconds.
 *
 * However many ask, the store is asked once at a time: a flood of health checks must not become a flood of queries.
 */
function createStoreProbe(
  isReachable: () => Promise<boolean>,
  patienceMs = PATIENCE_MS,
): () => Promise<boolean> {
  let underWay: Promise<boolean> | undefined
  return async () => {
    underWay ??= isReachable()
      .catch(() => false)
      .finally(() => (underWay = undefined))
    let timer: NodeJS.Timeout | undefined
    const impatience = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, patienceMs, false)))
    const verdict = await Promise.race([underWay, impatience])
    clearTimeout(timer)
    return verdict
  }
}
