import type { PageRow, Slice } from '../../../reports/report-store.js'
import type { Ask } from '../client.js'
import type { RollupPeriod, RollupScope } from '../rollups/days.js'
import { averageSeconds, percentageOf } from './metrics.js'
import { inBuilds, buildScopeSql, buildPartialVisitsSql } from './scope.js'
import { momentOf } from './visits.js'

/** What the figures of a page are made of, in whole numbers. */
interface PageSums extends Omit<PageRow, 'bounceRate' | 'averageTime'> {
  bounces: number
  spent_ms: number
}

export async function queryPages(ask: Ask, scope: RollupScope, slice: Slice): Promise<PageRow[]> {
  const { settled } = scope
  // A settled page tells nothing of the visits that a filter selects.
  const sums =
    settled && scope.isSketched && scope.filters.length === 0
      ? await queryRolledUpPages(ask, { ...scope, settled }, slice)
      : await askPagesOfVisits(ask, scope, slice)
  return sums.map(({ bounces, spent_ms, ...page }) => ({
    ...page,
    bounceRate: percentageOf(bounces, page.entries),
    averageTime: averageSeconds(spent_ms, page.views - page.exits),
  }))
}

function askPagesOfVisits(ask: Ask, scope: RollupScope, slice: Slice): Promise<PageSums[]> {
  const { visits, countVisitors, params } = buildScopeSql(scope)
  return ask<PageSums>(
    `SELECT concat(origin, path) AS url, path, views, visitors, entries, exits, bounces, spent_ms
     FROM (SELECT ${PAGE_KEY}, ${PAGE_SUMS}, ${countVisitors} AS visitors FROM ${pageviewsOf(visits)} GROUP BY origin, path)
     ORDER BY views DESC, url LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
}

const COLUMNS = ['views', 'entries', 'exits', 'bounces', 'spent_ms']
const SETTLED_PAGES = `page_days WHERE ${inBuilds('whole')}`
const NOBODY = "arrayReduce('uniqCombined64State(17)', emptyArrayUInt64())"

/**
 * The pages of a period of settled days. Sketches of visitors are large: only those of the pages that will probably be shown are merged,
 * and when another is shown after all, it is asked again.
 */
async function queryRolledUpPages(
  ask: Ask,
  scope: RollupScope & { settled: RollupPeriod },
  slice: Slice,
): Promise<PageSums[]> {
  const parts = buildPartialVisitsSql(scope)
  const params = { ...parts.params, ...slice, whole: scope.settled.whole }
  const probable = await ask<{ path: string }>(
    `SELECT path FROM ${SETTLED_PAGES} GROUP BY path ORDER BY sum(views) DESC LIMIT {limit: UInt32} + {offset: UInt32} + 10`,
    params,
  )
  for (let paths = probable.map(({ path }) => path); ;) {
    const pages = await ask<PageSums>(
      `SELECT concat(p.origin, p.path) AS url, p.path AS path, ${COLUMNS.map((column) => `sum(p.${column}) AS ${column}`).join(', ')}, uniqCombined64Merge(17)(p.state) AS visitors FROM (
         SELECT toString(origin) AS origin, path, ${COLUMNS.join(', ')}, ${NOBODY} AS state FROM ${SETTLED_PAGES}
         UNION ALL
         SELECT toString(origin) AS origin, path, ${COLUMNS.map(() => '0').join(', ')}, visitors AS state FROM ${SETTLED_PAGES} AND path IN {paths: Array(String)}
         UNION ALL
         SELECT toString(step.2) AS origin, step.3 AS path, ${PAGE_SUMS}, uniqCombined64StateIf(17)(visitor, path IN {paths: Array(String)}) AS state FROM ${pageviewsOf(`(${parts.sql})`)} GROUP BY origin, path
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
 * The pageviews of visits, each with its place in the visit and that of the next. Nothing here names `steps` behind the ARRAY JOIN:
 * the engine would copy the whole array for each of its elements, which takes longer than all the rest.
 */
export const pageviewsOf = (visits: string) =>
  `(SELECT visitor, bounced, steps, length(steps) AS amount, arrayPopFront(arrayPushBack(steps.1, 0)) AS places_after FROM ${visits})
   ARRAY JOIN steps AS step, arrayEnumerate(steps) AS nth, places_after AS place_after`

export const PAGE_KEY = 'step.2 AS origin, step.3 AS path'

/** What the figures of a page are made of, over its pageviews, and what they add up to. */
export const PAGE_SUMS = `
  count() AS views,
  countIf(nth = 1) AS entries,
  countIf(nth = amount) AS exits,
  countIf(nth = 1 AND bounced) AS bounces,
  sumIf(${momentOf('place_after')} - ${momentOf('step.1')}, nth < amount) AS spent_ms`
