import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics/create-metrics.js'

/** Counts every answer by the pattern of its route, `none` where there is no route. */
export function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', ({ routeOptions }, { statusCode }, done) => {
    metrics.countRequest(routeOptions.url ?? 'none', statusCode)
    done()
  })
}
