import type { PageRow, ReportScope, Slice } from '../report-store.js'
import type { Ask } from './ask.js'
import { averageSeconds, percentageOf } from './figures.js'
import { readScope } from './read-scope.js'
import { momentOf } from './visits.js'

interface Row {
  url: string
  path: string
  views: number
  visitors: number
  entries: number
  exits: number
  bounces: number
  left: number
  spent_ms: number
}

export async function askPages(ask: Ask, scope: ReportScope, slice: Slice): Promise<PageRow[]> {
  const { visits, params } = readScope(scope)
  const rows = await ask<Row>(
    `SELECT
      concat(step.2, step.3) AS url,
      step.3 AS path,
      count() AS views,
      uniqExact(visitor_id) AS visitors,
      countIf(nth = 1) AS entries,
      countIf(nth = length(steps)) AS exits,
      countIf(nth = 1 AND bounced) AS bounces,
      views - exits AS left,
      sumIf(${momentOf('steps[nth + 1].1')} - ${momentOf('step.1')}, nth < length(steps)) AS spent_ms
    FROM (SELECT visitor_id, bounced, steps FROM ${visits})
    ARRAY JOIN steps AS step, arrayEnumerate(steps) AS nth
    GROUP BY step.2, step.3 ORDER BY views DESC, url LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
  return rows.map(({ bounces, left, spent_ms, ...page }) => ({ ...page, bounceRate: percentageOf(bounces, page.entries), averageTime: averageSeconds(spent_ms, left) }))
}
