import type { VisitFigures } from '../report-store.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { Ask } from './ask.js'
import { figureColumns, toFigures, type FigureRow } from './figures.js'
import { readScope } from './read-scope.js'
import { BEGAN_MS } from './visits.js'

const NOTHING: FigureRow = { visitors: 0, visits: 0, views: 0, entered: 0, bounces: 0, spent_ms: 0 }

export async function askTimeline(
  ask: Ask,
  scope: SettledScope,
  starts: readonly number[],
): Promise<VisitFigures[]> {
  const read = readScope(scope)
  const rows = await ask<FigureRow & { start: number }>(
    `SELECT roundDown(${BEGAN_MS}, {starts: Array(Int64)}) AS start, ${figureColumns(read)} FROM ${read.visits} GROUP BY start`,
    { ...read.params, starts },
  )
  const byStart = new Map(rows.map((row) => [row.start, row]))
  return starts.map((start) => toFigures(byStart.get(start) ?? NOTHING))
}
