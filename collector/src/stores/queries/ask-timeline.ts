import type { ReportScope, VisitFigures } from '../report-store.js'
import type { Ask } from './ask.js'
import { FIGURE_COLUMNS, toFigures, type FigureRow } from './figures.js'
import { readScope } from './read-scope.js'
import { BEGAN_MS } from './visits.js'

const NOTHING: FigureRow = { visitors: 0, visits: 0, views: 0, entered: 0, bounces: 0, spent_ms: 0 }

export async function askTimeline(ask: Ask, scope: ReportScope, starts: readonly number[]): Promise<VisitFigures[]> {
  const { visits, params } = readScope(scope)
  const rows = await ask<FigureRow & { start: number }>(
    `SELECT roundDown(${BEGAN_MS}, {starts: Array(Int64)}) AS start, ${FIGURE_COLUMNS} FROM ${visits} GROUP BY start`,
    { ...params, starts },
  )
  const byStart = new Map(rows.map((row) => [row.start, row]))
  return starts.map((start) => toFigures(byStart.get(start) ?? NOTHING))
}
