import type { Slice } from '../report-store.js'
import type { SettledPeriod } from '../settled/settled-days.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { PageSums } from './ask-pages.js'
import type { Ask } from './ask.js'
import { PAGE_SUMS, pageviewsOf } from './read-page-columns.js'
import { inBuilds, readVisitsOfParts } from './read-visits.js'

const COLUMNS = ['views', 'entries', 'exits', 'bounces', 'spent_ms']
const SETTLED_PAGES = `page_days WHERE ${inBuilds('whole')}`
const NOBODY = "arrayReduce('uniqCombined64State(17)', emptyArrayUInt64())"

/**
 * The pages of a period of settled days. Sketches of visitors are large: only those of the pages that will probably be shown are merged,
 * and when another is shown after all, it is asked again.
 */
export async function askSettledPages(
  ask: Ask,
  scope: SettledScope & { settled: SettledPeriod },
  slice: Slice,
): Promise<PageSums[]> {
  const parts = readVisitsOfParts(scope)
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
