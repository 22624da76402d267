import type { RankedRow, Slice, VisitField } from '../report-store.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { Ask } from './ask.js'
import { figureColumns, toFigures, type FigureRow } from './figures.js'
import { readScope } from './read-scope.js'

export async function askRanking(
  ask: Ask,
  { scope, field, slice }: { scope: SettledScope; field: VisitField; slice: Slice },
): Promise<RankedRow[]> {
  const read = readScope(scope)
  const rows = await ask<FigureRow & { name: string }>(
    `SELECT {field: Identifier} AS name, ${figureColumns(read)} FROM ${read.visits}
     GROUP BY name ORDER BY visitors DESC, visits DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...read.params, ...slice, field },
  )
  return rows.map((row) => ({ name: row.name, ...toFigures(row) }))
}
