import type { ReportStore, RankedRow, VisitField } from '../../stores/report-store.js'
import { describeVisits, type RowKind } from './read-rows.js'

/** The visits of a report by the values of one field, most visitors first. */
export function rankVisits(
  reports: ReportStore,
  field: VisitField,
  nameOf: (name: string) => Record<string, unknown>,
): RowKind<RankedRow> {
  return {
    load: (scope, slice) => reports.ranking(scope, field, slice),
    keyOf: ({ name }) => name,
    nameOf: ({ name }) => nameOf(name),
    figuresOf: describeVisits,
  }
}
