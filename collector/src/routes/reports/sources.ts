import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf, VISIT_FIGURES } from '../../http/api/answer-schemas.js'
import { defineReport, rankVisits, loadRows } from './define-report.js'
import { oneOf } from '../../http/fields.js'

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
    name: Type.String({ description: 'Empty where visits have none.' }),
    source: Type.Optional(Type.String({ description: 'Same as name, with by=source.' })),
    channel: Type.Optional(Type.String({ description: 'Same as name, with by=channel.' })),
  },
  VISIT_FIGURES,
)

export const listSources = defineReport({
  path: '/analytics/{id}/sources',
  operationId: 'listSources',
  summary: 'List sources of visits, most visitors first',
  isComparable: true,
  paging: { rows: 10 },
  query: { by: Type.Optional(oneOf(BY, { default: 'source', description: 'What to group by.' })) },
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
        engaged_rate: 66.2,
        avg_engaged_time: 58.1,
      },
    ],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: ROW, read: (data) => (data as { sources: Record<string, unknown>[] }).sources },
  async answer(call) {
    const { by = 'source' } = call.query
    const { rows, pagination } = await loadRows(
      call,
      rankVisits(call.services.reports, by, (name) => ({
        name,
        ...((by === 'source' || by === 'channel') && { [by]: name }),
      })),
    )
    return { data: { by, sources: rows, pagination } }
  },
})
