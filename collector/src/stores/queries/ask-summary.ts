import type { ReportScope, VisitFigures } from '../report-store.js'
import type { Ask } from './ask.js'
import { FIGURE_COLUMNS, toFigures, type FigureRow } from './figures.js'
import { readScope } from './read-scope.js'

export async function askSummary(ask: Ask, scope: ReportScope): Promise<VisitFigures> {
  const { visits, params } = readScope(scope)
  const [row] = await ask<FigureRow>(`SELECT ${FIGURE_COLUMNS} FROM ${visits}`, params)
  return toFigures(row!)
}
