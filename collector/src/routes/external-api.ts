import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authorise } from '../auth/authorise.js'
import type { KeyGate } from '../auth/create-key-gate.js'
import type { ControlStore, Site } from '../stores/control-store.js'
import type { EventStore } from '../stores/event-store.js'
import { nameRequest } from './public-headers.js'
import { daysOf, readReportQuery, type RangeQuery, type ReportQuery } from './read-range.js'

interface ExternalApiServices {
  control: ControlStore
  gate: KeyGate
  events: EventStore
  now: () => number
}

interface ReportRoute {
  Params: { id: string }
  Querystring: RangeQuery
}

/** The External API: reports for an API key. */
export function addExternalApiRoutes(app: FastifyInstance, { control, gate, events, now }: ExternalApiServices): void {
  const success = <Data>(data: Data) => ({ success: true as const, data, timestamp: new Date(now()).toISOString() })

  const readReport = async (request: FastifyRequest<ReportRoute>, reply: FastifyReply): Promise<ReportQuery & { site: Site }> => {
    const key = await gate.enter(request, reply, 'read')
    const site = await authorise(key, request.params.id, control)
    return { site, ...readReportQuery(request.query, now()) }
  }

  void app.register(
    (routes, _options, done) => {
      routes.addHook('onRequest', async (_request, reply) => {
        nameRequest(reply)
        reply.header('cache-control', 'no-store')
      })

      routes.get('/websites', async (request, reply) => {
        const sites = await control.listSitesOf(await gate.enter(request, reply, 'read'))
        return success(sites.map(describeSite))
      })

      routes.get<ReportRoute>('/analytics/:id', async (request, reply) => {
        const { site, range, period } = await readReport(request, reply)
        const [overview, days] = await Promise.all([events.overview(site.id, period), events.days(site.id, period)])
        const byDate = new Map(days.map((day) => [day.date, day]))
        return {
          ...success({
            website: describeSite(site),
            time_range: range,
            date_range: { from: new Date(period.from).toISOString(), to: new Date(period.to - 1).toISOString() },
            summary: {
              total_visitors: overview.visitors,
              total_page_views: overview.pageviews,
              unique_visitors: overview.visitors,
              bounce_rate: overview.bounceRate,
              avg_visit_duration: overview.averageDuration,
            },
            daily_stats: daysOf(period).map((date) => ({ date, total_visitors: byDate.get(date)?.visitors ?? 0, page_views: byDate.get(date)?.pageviews ?? 0 })),
          }),
          // The names that older integrations read, at the top level where they read them.
          totalVisitors: overview.visitors,
          totalPageViews: overview.pageviews,
          bounceRate: overview.bounceRate,
        }
      })

      routes.get<ReportRoute>('/analytics/:id/pages', async (request, reply) => {
        const { site, period, limit } = await readReport(request, reply)
        const pages = await events.pages(site.id, period, limit)
        return success({
          pages: pages.map(({ url, path, views, visitors, bounceRate, averageTime }) => ({ url, path, views, visitors, bounce_rate: bounceRate, avg_time: averageTime })),
        })
      })

      routes.get<ReportRoute>('/analytics/:id/events', async (request, reply) => {
        const { site, period, limit } = await readReport(request, reply)
        return success({ events: await events.eventNames(site.id, period, limit) })
      })
      done()
    },
    { prefix: '/api/external/v1' },
  )
}

function describeSite({ id, domain, name, trackingCode, createdAt }: Site) {
  return { id, domain, name, tracking_code: trackingCode, created_at: new Date(createdAt).toISOString() }
}
