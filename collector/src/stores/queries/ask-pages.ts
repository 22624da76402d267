import type { PageRow, Slice } from '../report-store.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { Ask } from './ask.js'
import { askSettledPages } from './ask-settled-pages.js'
import { averageSeconds, percentageOf } from './figures.js'
import { PAGE_KEY, PAGE_SUMS, pageviewsOf } from './read-page-columns.js'
import { readScope } from './read-scope.js'

/** What the figures of a page are made of, in whole numbers. */
export interface PageSums extends Omit<PageRow, 'bounceRate' | 'averageTime'> {
  bounces: number
  spent_ms: number
}

export async function askPages(ask: Ask, scope: SettledScope, slice: Slice): Promise<PageRow[]> {
  const { settled } = scope
  // A settled page tells nothing of the visits that a filter selects.
  const sums =
    settled && scope.isSketched && scope.filters.length === 0
      ? await askSettledPages(ask, { ...scope, settled }, slice)
      : await askPagesOfVisits(ask, scope, slice)
  return sums.map(({ bounces, spent_ms, ...page }) => ({
    ...page,
    bounceRate: percentageOf(bounces, page.entries),
    averageTime: averageSeconds(spent_ms, page.views - page.exits),
  }))
}

function askPagesOfVisits(ask: Ask, scope: SettledScope, slice: Slice): Promise<PageSums[]> {
  const { visits, countVisitors, params } = readScope(scope)
  return ask<PageSums>(
    `SELECT concat(origin, path) AS url, path, views, visitors, entries, exits, bounces, spent_ms
     FROM (SELECT ${PAGE_KEY}, ${PAGE_SUMS}, ${countVisitors} AS visitors FROM ${pageviewsOf(visits)} GROUP BY origin, path)
     ORDER BY views DESC, url LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
}
