import type { VisitFigures } from '../report-store.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { Ask } from './ask.js'
import { figureColumns, toFigures, type FigureRow } from './figures.js'
import { readScope } from './read-scope.js'

export async function askSummary(ask: Ask, scope: SettledScope): Promise<VisitFigures> {
  const read = readScope(scope)
  const [row] = await ask<FigureRow>(`SELECT ${figureColumns(read)} FROM ${read.visits}`, read.params)
  return toFigures(row!)
}
