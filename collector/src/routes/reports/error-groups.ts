import { Type } from '@sinclair/typebox'
import {
  type ControlStore,
  ERROR_GROUP_STATUSES,
  type ErrorGroupStatus,
} from '../../control/control-store.js'
import { authorise } from '../../control/keys/gate.js'
import { ApiError } from '../../errors.js'
import { PAGINATION } from '../../http/api/answer-schemas.js'
import { toIso } from '../../http/api/route.js'
import { defineRoute } from '../define-route.js'
import type { ErrorGroupRow } from '../../reports/error-group.js'
import { defineReport, paginate, SITE_PARAMS } from './define-report.js'
import { MAX_LIMIT } from './query-parameters.js'
import { oneOf, orNull } from '../../http/fields.js'

const STATUS = oneOf(ERROR_GROUP_STATUSES)
const GROUP = Type.Object({
  id: Type.String(),
  fingerprint: Type.String({ description: 'Same as id.' }),
  message: Type.String(),
  type: Type.String(),
  status: STATUS,
  occurrence_count: Type.Integer(),
  affected_users_count: Type.Integer({ description: 'Distinct visitors.' }),
  first_seen_at: Type.String({ description: 'ISO 8601, UTC.' }),
  last_seen_at: Type.String({ description: 'ISO 8601, UTC.' }),
})

const EXAMPLE = {
  id: '5f0c1d2e3a4b5c6d',
  fingerprint: '5f0c1d2e3a4b5c6d',
  message: 'Cannot read properties of undefined',
  type: 'TypeError',
  status: 'open',
  occurrence_count: 14,
  affected_users_count: 9,
  first_seen_at: '2026-03-30T07:11:09.000Z',
  last_seen_at: '2026-04-01T09:58:41.000Z',
}

type Decisions = Awaited<ReturnType<ControlStore['errorGroupStatuses']>>

export const listErrorGroups = defineReport({
  path: '/errors/{id}/groups',
  operationId: 'listErrorGroups',
  summary: 'List groups of errors of the period, newest first',
  description:
    'A resolved group that occurs again is open again. With status, the newest 1,000 groups of the period are searched.',
  paging: { rows: 50 },
  query: {
    status: Type.Optional(oneOf(ERROR_GROUP_STATUSES, { description: 'Only groups of this status.' })),
  },
  data: Type.Object({ error_groups: Type.Array(GROUP), pagination: PAGINATION }),
  example: {
    error_groups: [EXAMPLE],
    pagination: { limit: 50, offset: 0, has_more: false, next_cursor: null },
  },
  table: { row: GROUP, read: (data) => (data as { error_groups: Record<string, unknown>[] }).error_groups },
  async answer(call) {
    const { services, scope, site, limit, offset, query } = call
    // Filter by status after loading, because the statuses are in the control store and the report store
    // cannot read them.
    const slice = query.status === undefined ? { limit: limit + 1, offset } : { limit: MAX_LIMIT, offset: 0 }
    const [found, decisions] = await Promise.all([
      services.reports.errorGroups(scope, slice),
      services.control.errorGroupStatuses(site.id),
    ])
    const groups = found.map((row) => toErrorGroupJson(row, decisions))
    const rows =
      query.status === undefined
        ? groups
        : groups.filter(({ status }) => status === query.status).slice(offset)
    return {
      data: {
        error_groups: rows.slice(0, limit),
        pagination: paginate(call, rows.length > limit, offset + limit),
      },
    }
  },
})

const GROUP_PARAM = Type.String({ minLength: 1, maxLength: 64, description: 'ID of the group.' })
const COUNT = Type.Integer({ description: 'Errors of the group in the period.' })
const NAMED_COUNT = Type.Object({
  name: Type.String({ description: 'Empty where it is unknown.' }),
  count: COUNT,
})
const OCCURRENCE = Type.Object({
  occurred_at: Type.String({ description: 'ISO 8601, UTC.' }),
  type: Type.String(),
  message: Type.String(),
  url: Type.String({ description: 'The page, without query and hash.' }),
  browser: Type.String(),
  os: Type.String(),
  device_type: Type.String(),
  country: Type.String(),
  file: Type.String(),
  line: orNull(Type.Integer()),
  column: orNull(Type.Integer()),
  frames: Type.Array(Type.String(), {
    description: 'Calls of the stack, innermost first: name@url:line:column.',
  }),
  cause: Type.String({ description: 'The error that caused this one: type and message.' }),
  handled: Type.Boolean({ description: 'Whether the page reported the error itself.' }),
})

export const readErrorGroup = defineReport({
  path: '/errors/{id}/groups/{group}',
  operationId: 'readErrorGroup',
  summary: 'Get the newest 20 errors of a group, and its counts by day, page and browser',
  description: 'Pages and browsers: the ten with most errors. Days without errors are left out.',
  params: { group: GROUP_PARAM },
  isFiltered: false,
  data: Type.Object({
    error_group: GROUP,
    errors: Type.Array(OCCURRENCE),
    days: Type.Array(Type.Object({ date: Type.String({ description: 'YYYY-MM-DD.' }), count: COUNT })),
    pages: Type.Array(NAMED_COUNT),
    browsers: Type.Array(NAMED_COUNT),
  }),
  example: {
    error_group: EXAMPLE,
    errors: [
      {
        occurred_at: '2026-04-01T09:58:41.000Z',
        type: 'TypeError',
        message: "Cannot read properties of undefined (reading 'total')",
        url: 'https://example.com/cart',
        browser: 'Chrome',
        os: 'Windows',
        device_type: 'desktop',
        country: 'CH',
        file: 'https://example.com/assets/cart.js',
        line: 120,
        column: 17,
        frames: [
          'addTotals@https://example.com/assets/cart.js:120:17',
          'render@https://example.com/assets/cart.js:88:5',
        ],
        cause: '',
        handled: false,
      },
    ],
    days: [{ date: '2026-04-01', count: 14 }],
    pages: [{ name: 'https://example.com/cart', count: 14 }],
    browsers: [{ name: 'Chrome', count: 14 }],
  },
  async answer({ services, scope, site, params }) {
    const [details, decisions] = await Promise.all([
      services.reports.errorGroupDetails(scope, { fingerprint: params.group, timeZone: site.timeZone }),
      services.control.errorGroupStatuses(site.id),
    ])
    if (!details) throw new ApiError('NOT_FOUND')
    const { group, newest, days, pages, browsers } = details
    return {
      data: {
        error_group: toErrorGroupJson(group, decisions),
        errors: newest.map(({ occurredAt, deviceType, line, column, ...error }) => ({
          occurred_at: toIso(occurredAt),
          ...error,
          device_type: deviceType,
          line: line || null,
          column: column || null,
        })),
        days: days.map(({ name, count }) => ({ date: name, count })),
        pages,
        browsers,
      },
    }
  },
})

export const updateErrorGroup = defineRoute({
  method: 'PATCH',
  path: '/errors/{id}/groups/{group}',
  operationId: 'updateErrorGroup',
  summary: 'Set the status of a group of errors',
  description: 'Requires a key with the scope write. The counts in the answer are of all time.',
  scope: 'write',
  params: Type.Object({
    ...SITE_PARAMS,
    group: GROUP_PARAM,
  }),
  body: Type.Object({ status: STATUS }),
  data: GROUP,
  example: { ...EXAMPLE, status: 'resolved' },
  async answer({ key, params, body, services: { control, reports }, now }) {
    const site = await authorise(key, params.id, control)
    const group = await reports.errorGroup(site.id, params.group)
    if (!group) throw new ApiError('NOT_FOUND')
    const decision = { fingerprint: group.fingerprint, status: body.status, at: now }
    await control.setErrorGroupStatus(site.id, decision)
    return toErrorGroupJson(group, new Map([[group.fingerprint, { status: body.status, changedAt: now }]]))
  },
})

function toErrorGroupJson(row: ErrorGroupRow, decisions: Decisions) {
  const { fingerprint, message, type, occurrences, users, firstSeen, lastSeen } = row
  return {
    id: fingerprint,
    fingerprint,
    message,
    type,
    status: statusOf(row, decisions),
    occurrence_count: occurrences,
    affected_users_count: users,
    first_seen_at: toIso(firstSeen),
    last_seen_at: toIso(lastSeen),
  }
}

function statusOf({ fingerprint, lastSeen }: ErrorGroupRow, decisions: Decisions): ErrorGroupStatus {
  const decision = decisions.get(fingerprint)
  if (!decision || (decision.status === 'resolved' && lastSeen > decision.changedAt)) return 'open'
  return decision.status
}
