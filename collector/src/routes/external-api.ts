import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authorise } from '../auth/authorise.js'
import type { KeyGate } from '../auth/create-key-gate.js'
import type { ControlStore, Site } from '../stores/control-store.js'
import type { ReportScope, ReportStore } from '../stores/report-store.js'
import { nameRequest } from './public-headers.js'
import { daysOf, readReportQuery, type RangeQuery, type ReportQuery } from './read-range.js'

interface ExternalApiServices {
  control: ControlStore
  gate: KeyGate
  reports: ReportStore
  now: () => number
}

interface ReportRoute {
  Params: { id: string }
  Querystring: RangeQuery
}

/** The External API: reports for an API key. */
export function addExternalApiRoutes(app: FastifyInstance, { control, gate, reports, now }: ExternalApiServices): void {
  const success = <Data>(data: Data) => ({ success: true as const, data, timestamp: new Date(now()).toISOString() })

  const readReport = async (request: FastifyRequest<ReportRoute>, reply: FastifyReply): Promise<ReportQuery & { site: Site; scope: ReportScope }> => {
    const key = await gate.enter(request, reply, 'read')
    const site = await authorise(key, request.params.id, control)
    const query = readReportQuery(request.query, now())
    return { site, scope: { siteId: site.id, period: query.period, filters: [] }, ...query }
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
        const { site, scope, range, period } = await readReport(request, reply)
        const dates = daysOf(period)
        const starts = dates.map((date) => Math.max(Date.parse(date), period.from))
        const [overview, days] = await Promise.all([reports.summary(scope), reports.timeline(scope, starts)])
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
            daily_stats: days.map(({ visitors, pageviews }, index) => ({ date: dates[index], total_visitors: visitors, page_views: pageviews })),
          }),
          // The names that older integrations read, at the top level where they read them.
          totalVisitors: overview.visitors,
          totalPageViews: overview.pageviews,
          bounceRate: overview.bounceRate,
        }
      })

      routes.get<ReportRoute>('/analytics/:id/pages', async (request, reply) => {
        const { scope, limit } = await readReport(request, reply)
        const pages = await reports.pages(scope, { limit, offset: 0 })
        return success({
          pages: pages.map(({ url, path, views, visitors, bounceRate, averageTime }) => ({ url, path, views, visitors, bounce_rate: bounceRate, avg_time: averageTime })),
        })
      })

      routes.get<ReportRoute>('/analytics/:id/events', async (request, reply) => {
        const { scope, limit } = await readReport(request, reply)
        return success({ events: await reports.eventNames(scope, { limit, offset: 0 }) })
      })
      done()
    },
    { prefix: '/api/external/v1' },
  )
}

function describeSite({ id, domain, name, trackingCode, createdAt }: Site) {
  return { id, domain, name, tracking_code: trackingCode, created_at: new Date(createdAt).toISOString() }
}
