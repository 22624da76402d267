import type { Slice } from '../report-store.js'
import type { SettledPeriod } from '../settled/settled-days.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { PageSums } from './ask-pages.js'
import type { Ask } from './ask.js'
import { PAGE_SUMS, pageviewsOf } from './read-page-columns.js'
import { inBuilds, readVisitsOfParts } from './read-visits.js'

const SUMS = 'sum(views) AS views, sum(entries) AS entries, sum(exits) AS exits, sum(bounces) AS bounces, sum(spent_ms) AS spent_ms'
const SETTLED_PAGES = `page_days WHERE ${inBuilds('whole')}`

/** The pages of a period of settled days: ranked by their sums, and only then the sketches of the pages that are shown are merged. */
export async function askSettledPages(ask: Ask, scope: SettledScope & { settled: SettledPeriod }, slice: Slice): Promise<PageSums[]> {
  const parts = readVisitsOfParts(scope)
  const params = { ...parts.params, whole: scope.settled.whole }
  const pages = await ask<Omit<PageSums, 'visitors'>>(
    `SELECT concat(p.origin, p.path) AS url, p.path AS path, ${SUMS} FROM (
       SELECT toString(origin) AS origin, path, views, entries, exits, bounces, spent_ms FROM ${SETTLED_PAGES}
       UNION ALL
       SELECT toString(step.2) AS origin, step.3 AS path, ${PAGE_SUMS} FROM ${pageviewsOf(`(${parts.sql})`)} GROUP BY origin, path
     ) AS p GROUP BY p.origin, path ORDER BY views DESC, url LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
  const counts = await ask<{ url: string; visitors: number }>(
    `SELECT url, uniqCombined64Merge(17)(state) AS visitors FROM (
       SELECT concat(origin, path) AS url, visitors AS state FROM ${SETTLED_PAGES} AND path IN {paths: Array(String)} AND url IN {urls: Array(String)}
       UNION ALL
       SELECT concat(step.2, step.3) AS url, uniqCombined64State(17)(visitor) AS state FROM ${pageviewsOf(`(${parts.sql})`)} WHERE url IN {urls: Array(String)} GROUP BY url
     ) GROUP BY url`,
    { ...params, urls: pages.map(({ url }) => url), paths: [...new Set(pages.map(({ path }) => path))] },
  )
  const visitors = new Map(counts.map((count) => [count.url, count.visitors]))
  return pages.map((page) => ({ ...page, visitors: visitors.get(page.url) ?? 0 }))
}
