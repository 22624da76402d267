import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf } from '../../http/api/answer-schemas.js'
import { orNull } from '../../http/fields.js'
import { defineReport, loadRows } from './define-report.js'

const ROW = rowOf(
  { url: Type.String({ description: 'Without query and fragment.' }), path: Type.String() },
  {
    views: Type.Integer({ description: 'Page views.' }),
    visitors: Type.Integer({ description: 'Distinct visitors.' }),
    entries: Type.Integer({ description: 'Visits that began here.' }),
    exits: Type.Integer({ description: 'Visits whose last page this was.' }),
    bounce_rate: orNull(Type.Number(), 'Percent of the visits that began here; null if none did.'),
    avg_time: orNull(
      Type.Number(),
      'Seconds of engaged time of the views that have it; if none has, seconds until the next page of the visit; null if none followed.',
    ),
    scroll_depth: orNull(
      Type.Number(),
      'Percent of the page that a view reached on average; null without views that have it.',
    ),
  },
)

export const listPages = defineReport({
  path: '/analytics/{id}/pages',
  operationId: 'listPages',
  summary: 'List pages, most views first',
  description: 'Counts the visits that match the filters: with path, all pages of those visits.',
  isComparable: true,
  paging: { rows: 10 },
  data: Type.Object({ pages: Type.Array(ROW), pagination: PAGINATION }),
  example: {
    pages: [
      {
        url: 'https://shop.example/pricing',
        path: '/pricing',
        views: 812,
        visitors: 640,
        entries: 210,
        exits: 160,
        bounce_rate: 38.1,
        avg_time: 42.5,
        scroll_depth: 63.4,
      },
    ],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: ROW, read: (data) => (data as { pages: Record<string, unknown>[] }).pages },
  async answer(call) {
    const { rows, pagination } = await loadRows(call, {
      load: (scope, slice) => call.services.reports.pages(scope, slice),
      keyOf: ({ url }) => url,
      nameOf: ({ url, path }) => ({ url, path }),
      none: {
        views: 0,
        visitors: 0,
        entries: 0,
        exits: 0,
        bounce_rate: null,
        avg_time: null,
        scroll_depth: null,
      },
      figuresOf: ({ views, visitors, entries, exits, bounceRate, averageTime, scrollDepth }) => ({
        views,
        visitors,
        entries,
        exits,
        bounce_rate: bounceRate,
        avg_time: averageTime,
        scroll_depth: scrollDepth,
      }),
    })
    return { data: { pages: rows, pagination } }
  },
})
