import { Type } from '@sinclair/typebox'
import { PAGINATION, rowOf } from '../../http/api/answer-schemas.js'
import type { PropertyCount } from '../../reports/report-store.js'
import { defineReport, loadRows } from './define-report.js'
import { MAX_LIMIT } from './query-parameters.js'

const COUNTS = {
  count: Type.Integer({ description: 'How often it happened.' }),
  visitors: Type.Integer({ description: 'Distinct visitors.' }),
}
const ROW = rowOf({ name: Type.String() }, COUNTS)
const VALUE = Type.Object({
  value: Type.String({ description: 'Numbers and booleans as JSON writes them.' }),
  ...COUNTS,
})

export const listEvents = defineReport({
  path: '/analytics/{id}/events',
  operationId: 'listEvents',
  summary: 'Custom events and goals by name, most frequent first',
  isComparable: true,
  paging: { rows: 10 },
  data: Type.Object({ events: Type.Array(ROW), pagination: PAGINATION }),
  example: {
    events: [{ name: 'signup', count: 57, visitors: 55 }],
    pagination: { limit: 10, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: ROW, read: (data) => (data as { events: Record<string, unknown>[] }).events },
  async answer(call) {
    const { rows, pagination } = await loadRows(call, {
      load: (scope, slice) => call.services.reports.eventNames(scope, slice),
      keyOf: ({ name }) => name,
      nameOf: ({ name }) => ({ name }),
      none: { count: 0, visitors: 0 },
      figuresOf: ({ count, visitors }) => ({ count, visitors }),
    })
    return { data: { events: rows, pagination } }
  },
})

export const readEvent = defineReport({
  path: '/analytics/{id}/events/{name}',
  operationId: 'readEvent',
  summary: 'The values of each property of an event, most frequent first',
  params: {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'Name of the event, percent-encoded.' }),
  },
  query: {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: 10, description: 'Values of each property.' }),
    ),
  },
  data: Type.Object({
    name: Type.String(),
    properties: Type.Array(Type.Object({ key: Type.String(), values: Type.Array(VALUE) })),
  }),
  example: {
    name: 'signup',
    properties: [{ key: 'plan', values: [{ value: 'pro', count: 31, visitors: 30 }] }],
  },
  table: {
    row: Type.Object({ key: Type.String(), ...VALUE.properties }),
    read: (data) =>
      (data as { properties: ReturnType<typeof groupByKey> }).properties.flatMap(({ key, values }) =>
        values.map((value) => ({ key, ...value })),
      ),
  },
  async answer({ services, scope, params, query: { limit = 10 } }) {
    const counts = await services.reports.eventProperties(scope, params.name, limit)
    return { data: { name: params.name, properties: groupByKey(counts) } }
  },
})

function groupByKey(counts: PropertyCount[]) {
  const groups = new Map<string, { key: string; values: Omit<PropertyCount, 'key'>[] }>()
  for (const { key, value, count, visitors } of counts) {
    const group = groups.get(key) ?? { key, values: [] }
    groups.set(key, group)
    group.values.push({ value, count, visitors })
  }
  return [...groups.values()]
}
