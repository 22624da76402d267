import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf, VISIT_FIGURES } from '../../http/api/answer-schemas.js'
import { defineReport, rankVisits, loadRows } from './define-report.js'

const LISTS = { browsers: 'browser', operating_systems: 'os', device_types: 'device_type' } as const
type List = keyof typeof LISTS

const NAMES = { name: Type.String({ description: 'Empty where it is unknown.' }) }
const ROW = rowOf(NAMES, VISIT_FIGURES)
const TABLE_ROW = rowOf({ list: Type.String(), ...NAMES }, VISIT_FIGURES)
const EXAMPLE_FIGURES = {
  visitors: 610,
  visits: 802,
  page_views: 2410,
  bounce_rate: 42.3,
  avg_visit_duration: 88.4,
  engaged_rate: 58.9,
  avg_engaged_time: 44.6,
}

export const readTechnology = defineReport({
  path: '/analytics/{id}/technology',
  operationId: 'readTechnology',
  summary: 'List browsers, operating systems and device types, most visitors first',
  description: 'limit, offset and cursor apply to each of the three lists.',
  isComparable: true,
  paging: { rows: 10 },
  data: Type.Object({
    browsers: Type.Array(ROW),
    operating_systems: Type.Array(ROW),
    device_types: Type.Array(ROW),
    pagination: PAGINATION,
  }),
  example: {
    browsers: [{ name: 'Firefox', ...EXAMPLE_FIGURES }],
    operating_systems: [{ name: 'Windows', ...EXAMPLE_FIGURES }],
    device_types: [{ name: 'desktop', ...EXAMPLE_FIGURES }],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: {
    row: TABLE_ROW,
    read: (data) =>
      (Object.keys(LISTS) as List[]).flatMap((list) =>
        (data as Record<List, Record<string, unknown>[]>)[list].map((row) => ({ list, ...row })),
      ),
  },
  async answer(call) {
    const lists = await Promise.all(
      Object.values(LISTS).map((field) =>
        loadRows(
          call,
          rankVisits(call.services.reports, field, (name) => ({ name })),
        ),
      ),
    )
    const longest = lists.find(({ pagination }) => pagination.has_more) ?? lists[0]!
    return {
      data: {
        ...Object.fromEntries(Object.keys(LISTS).map((list, index) => [list, lists[index]!.rows])),
        pagination: longest.pagination,
      },
    }
  },
})
