import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf, VISIT_FIGURES } from '../../http/api/answer-schemas.js'
import { defineReport, rankVisits, readRows } from './define-report.js'
import { oneOf } from './query-parameters.js'

const BY = [
  'source',
  'channel',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const

const ROW = rowOf(
  {
    name: Type.String({ description: 'Empty where the visits have none.' }),
    source: Type.Optional(Type.String({ description: 'The same as name, by source.' })),
    channel: Type.Optional(Type.String({ description: 'The same as name, by channel.' })),
  },
  VISIT_FIGURES,
)

export const listSources = defineReport({
  path: '/analytics/{id}/sources',
  operationId: 'listSources',
  summary: 'Where visits came from, most visitors first',
  isComparable: true,
  paging: { rows: 10 },
  query: { by: Type.Optional(oneOf(BY, { default: 'source', description: 'What the rows are.' })) },
  data: Type.Object({ by: oneOf(BY), sources: Type.Array(ROW), pagination: PAGINATION }),
  example: {
    by: 'source',
    sources: [
      {
        name: 'google',
        source: 'google',
        visitors: 380,
        visits: 441,
        page_views: 1502,
        bounce_rate: 36.9,
        avg_visit_duration: 110.4,
      },
    ],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: ROW, read: (data) => (data as { sources: Record<string, unknown>[] }).sources },
  async answer(call) {
    const { by = 'source' } = call.query
    const { rows, pagination } = await readRows(
      call,
      rankVisits(call.services.reports, by, (name) => ({
        name,
        ...((by === 'source' || by === 'channel') && { [by]: name }),
      })),
    )
    return { data: { by, sources: rows, pagination } }
  },
})
