import { Type } from '@sinclair/typebox'
import { rowOf } from '../../http/api/answer-schemas.js'
import { orNull } from '../../http/fields.js'
import { defineReport, loadRows } from './define-report.js'
import { MAX_LIMIT } from './query-parameters.js'

const ROW = rowOf(
  { currency: Type.String({ description: 'ISO 4217.' }) },
  {
    total: Type.Number({ description: 'In major units of the currency.' }),
    count: Type.Integer({ description: 'Revenue events.' }),
    average: orNull(
      Type.Number(),
      'In major units of the currency; null in a previous period without revenue.',
    ),
    visitors: Type.Integer({ description: 'Distinct visitors.' }),
  },
)

export const readRevenue = defineReport({
  path: '/analytics/{id}/revenue',
  operationId: 'readRevenue',
  summary: 'Revenue by currency',
  description: 'Currencies are not converted.',
  isComparable: true,
  data: Type.Object({ revenue: Type.Array(ROW) }),
  example: { revenue: [{ currency: 'CHF', total: 4210.5, count: 61, average: 69.02, visitors: 58 }] },
  table: { row: ROW, read: (data) => (data as { revenue: Record<string, unknown>[] }).revenue },
  async answer(call) {
    // There are few currencies, so one page contains all of them.
    const { rows } = await loadRows(
      { ...call, limit: MAX_LIMIT },
      {
        load: (scope) => call.services.reports.revenue(scope),
        keyOf: ({ currency }) => currency,
        nameOf: ({ currency }) => ({ currency }),
        none: { total: 0, count: 0, average: null, visitors: 0 },
        figuresOf: ({ total, count, average, visitors }) => ({ total, count, average, visitors }),
      },
    )
    return { data: { revenue: rows } }
  },
})
