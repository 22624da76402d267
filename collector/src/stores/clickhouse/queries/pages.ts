import type { PageRow, Slice } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import type { RollupPeriod, RollupScope } from '../rollups/period.js'
import { averageSeconds, percentageOf } from './visit-metrics.js'
import {
  buildPartialVisitsSql,
  buildScopeSql,
  countVisitorsSql,
  inBuilds,
  SKETCH_PRECISION,
} from './visits.js'
import { momentOf } from './visits.js'

/** The columns of {@link PAGE_SUMS}. */
export const PAGE_COLUMNS = [
  'views',
  'entries',
  'exits',
  'bounces',
  'spent_ms',
  'engaged_views',
  'engaged_ms',
  'scrolled_views',
  'scrolled',
]

/** Totals of a page, from which {@link queryPages} computes the rates and averages. */
interface PageSums extends Omit<PageRow, 'bounceRate' | 'averageTime' | 'scrollDepth'> {
  bounces: number
  spent_ms: number
  engaged_views: number
  engaged_ms: number
  scrolled_views: number
  scrolled: number
}

export async function queryPages(client: QueryClient, scope: RollupScope, slice: Slice): Promise<PageRow[]> {
  const { rollups } = scope
  // Page rollups include all visits, so they cannot be used if a filter selects only some visits.
  const sums =
    rollups && scope.isSketched && scope.filters.length === 0
      ? await queryRolledUpPages(client, { ...scope, rollups }, slice)
      : await queryPagesOfVisits(client, scope, slice)
  return sums.map(({ bounces, spent_ms, engaged_views, engaged_ms, scrolled_views, scrolled, ...page }) => ({
    ...page,
    bounceRate: percentageOf(bounces, page.entries),
    averageTime:
      engaged_views > 0
        ? averageSeconds(engaged_ms, engaged_views)
        : averageSeconds(spent_ms, page.views - page.exits),
    scrollDepth: scrolled_views > 0 ? Math.round((10 * scrolled) / scrolled_views) / 10 : null,
  }))
}

function queryPagesOfVisits(client: QueryClient, scope: RollupScope, slice: Slice): Promise<PageSums[]> {
  const { visits, countVisitors, params } = buildScopeSql(scope, { withReadings: true })
  return client.select<PageSums>(
    `SELECT concat(origin, path) AS url, path, visitors, ${PAGE_COLUMNS.join(', ')}
     FROM (SELECT ${PAGE_KEY}, ${PAGE_SUMS}, ${countVisitors()} AS visitors FROM ${pageviewsOf(visits)} GROUP BY origin, path)
     ORDER BY views DESC, url LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
}

const ROLLED_UP_PAGES = `page_days WHERE ${inBuilds('whole')}`
const NO_VISITORS = `arrayReduce('uniqCombined64State(${SKETCH_PRECISION})', emptyArrayUInt64())`

/**
 * Queries the pages of a period from rollups.
 *
 * The approximate visitor counts (sketches) are large, so they are merged only for pages that are probably in
 * the slice. If the slice contains other pages, the query runs again and includes these pages.
 */
async function queryRolledUpPages(
  client: QueryClient,
  scope: RollupScope & { rollups: RollupPeriod },
  slice: Slice,
): Promise<PageSums[]> {
  const parts = buildPartialVisitsSql(scope, { withReadings: true })
  const params = { ...parts.params, ...slice, whole: scope.rollups.whole }
  const probable = await client.select<{ path: string }>(
    `SELECT path FROM ${ROLLED_UP_PAGES} GROUP BY path ORDER BY sum(views) DESC LIMIT {limit: UInt32} + {offset: UInt32} + 10`,
    params,
  )
  for (let paths = probable.map(({ path }) => path); ;) {
    const pages = await client.select<PageSums>(
      `SELECT concat(p.origin, p.path) AS url, p.path AS path, ${PAGE_COLUMNS.map((column) => `sum(p.${column}) AS ${column}`).join(', ')}, uniqCombined64Merge(${SKETCH_PRECISION})(p.state) AS visitors FROM (
         SELECT toString(origin) AS origin, path, ${PAGE_COLUMNS.join(', ')}, ${NO_VISITORS} AS state FROM ${ROLLED_UP_PAGES}
         UNION ALL
         SELECT toString(origin) AS origin, path, ${PAGE_COLUMNS.map(() => '0').join(', ')}, visitors AS state FROM ${ROLLED_UP_PAGES} AND path IN {paths: Array(String)}
         UNION ALL
         SELECT toString(step.2) AS origin, step.3 AS path, ${PAGE_SUMS}, ${countVisitorsSql({ isSketched: true, asState: true, where: 'path IN {paths: Array(String)}' })} AS state FROM ${pageviewsOf(`(${parts.sql})`)} GROUP BY origin, path
       ) AS p GROUP BY p.origin, p.path ORDER BY views DESC, url LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
      { ...params, paths },
    )
    const known = new Set(paths)
    const missed = pages.filter(({ path }) => !known.has(path))
    if (missed.length === 0) return pages
    paths = [...paths, ...missed.map(({ path }) => path)]
  }
}

/**
 * Builds a FROM clause with one row per pageview of the visits. `step` is the pageview, `reading` its engagement, `nth`
 * its position in the visit, and `place_after` the sort key of the next pageview.
 *
 * Do not use `steps` outside the subquery, because the engine would copy the whole array for each pageview.
 */
export const pageviewsOf = (visits: string) =>
  `(SELECT visitor, bounced, steps, readings, length(steps) AS amount, arrayPopFront(arrayPushBack(steps.1, 0)) AS places_after FROM ${visits})
   ARRAY JOIN steps AS step, readings AS reading, arrayEnumerate(steps) AS nth, places_after AS place_after`

export const PAGE_KEY = 'step.2 AS origin, step.3 AS path'

/** Aggregate columns for the pageviews of one page. */
export const PAGE_SUMS = `
  count() AS views,
  countIf(nth = 1) AS entries,
  countIf(nth = amount) AS exits,
  countIf(nth = 1 AND bounced) AS bounces,
  sumIf(${momentOf('place_after')} - ${momentOf('step.1')}, nth < amount) AS spent_ms,
  countIf(reading.1 >= 0) AS engaged_views,
  sumIf(reading.1, reading.1 >= 0) AS engaged_ms,
  countIf(reading.2 >= 0) AS scrolled_views,
  sumIf(toInt64(reading.2), reading.2 >= 0) AS scrolled`
