import type { FastifyInstance } from 'fastify'

interface HealthServices {
  isStoreReachable: () => Promise<boolean>
  queueDepth: () => number
}

/** `GET /health`: 200 when events can be stored, else 503. */
export function addHealthRoute(app: FastifyInstance, { isStoreReachable, queueDepth }: HealthServices): void {
  app.get('/health', async (_request, reply) => {
    const store = await isStoreReachable().catch(() => false)
    reply.code(store ? 200 : 503).header('cache-control', 'no-store')
    return { status: store ? 'ok' : 'unavailable', store: store ? 'ok' : 'unreachable', queue_depth: queueDepth() }
  })
}
