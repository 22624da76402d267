import type { RankedRow, ReportScope, Slice, VisitField } from '../report-store.js'
import type { Ask } from './ask.js'
import { FIGURE_COLUMNS, toFigures, type FigureRow } from './figures.js'
import { readScope } from './read-scope.js'

export async function askRanking(ask: Ask, { scope, field, slice }: { scope: ReportScope; field: VisitField; slice: Slice }): Promise<RankedRow[]> {
  const { visits, params } = readScope(scope)
  const rows = await ask<FigureRow & { name: string }>(
    `SELECT {field: Identifier} AS name, ${FIGURE_COLUMNS} FROM ${visits}
     GROUP BY name ORDER BY visitors DESC, visits DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice, field },
  )
  return rows.map((row) => ({ name: row.name, ...toFigures(row) }))
}
