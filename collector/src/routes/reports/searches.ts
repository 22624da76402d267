import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf } from '../../http/api/answer-schemas.js'
import { orNull } from '../../http/fields.js'
import { defineReport, loadRows } from './define-report.js'

const ROW = rowOf(
  { term: Type.String({ description: 'In lower case.' }) },
  {
    searches: Type.Integer({
      description: 'Further pages of the results, and reloads, are the same search.',
    }),
    visitors: Type.Integer({ description: 'Distinct visitors.' }),
    visits: Type.Integer({ description: 'Visits with this search.' }),
    exit_rate: orNull(
      Type.Number(),
      'Percent of these visits whose last page view is a result of this search; null without such visits.',
    ),
  },
)

export const listSearches = defineReport({
  path: '/analytics/{id}/searches',
  operationId: 'listSearches',
  summary: 'What visitors searched for on the site, most searches first',
  description:
    'Read from the URLs of stored page views, by the search_parameters of the site, which may be changed at any time.',
  isComparable: true,
  paging: { rows: 10 },
  data: Type.Object({
    parameters: Type.Array(Type.String(), {
      description: 'The search_parameters of the site; empty if the report is switched off.',
    }),
    searches: Type.Array(ROW),
    pagination: PAGINATION,
  }),
  example: {
    parameters: ['q', 'query', 'search', 's'],
    searches: [{ term: 'rain jacket', searches: 61, visitors: 48, visits: 52, exit_rate: 17.3 }],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: ROW, read: (data) => (data as { searches: Record<string, unknown>[] }).searches },
  async answer(call) {
    const { services, site } = call
    const parameters = site.searchParameters
    const { rows, pagination } = await loadRows(call, {
      load: async (scope, slice) =>
        parameters.length === 0 ? [] : services.reports.searches(scope, { parameters, slice }),
      keyOf: ({ term }) => term,
      nameOf: ({ term }) => ({ term }),
      none: { searches: 0, visitors: 0, visits: 0, exit_rate: null },
      figuresOf: ({ searches, visitors, visits, exitRate }) => ({
        searches,
        visitors,
        visits,
        exit_rate: exitRate,
      }),
    })
    return { data: { parameters, searches: rows, pagination } }
  },
})
