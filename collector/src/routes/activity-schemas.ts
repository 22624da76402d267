import { Type } from '@sinclair/typebox'
import { CHANGED_TYPES, type ChangedType } from '../control/change-log.js'
import { MOMENT, MOMENT_EXAMPLE } from '../http/api/route.js'
import { oneOf, orNull } from '../http/fields.js'
import { LOG_KINDS } from '../webhooks/webhook-store.js'
import { ATTEMPT_ERROR } from '../webhooks/fields.js'

const ENTRY = {
  id: Type.Integer({ description: 'Newer entries have higher IDs.' }),
  timestamp: MOMENT,
  siteId: orNull(Type.String(), 'Null: all sites of the account.'),
  actor: orNull(Type.String(), 'ID of the API key. Null: the collector itself or its command line.'),
}

const DELIVERY = Type.Object({
  ...ENTRY,
  type: Type.Literal('webhook'),
  action: oneOf(LOG_KINDS, {
    description:
      'delivery and test are attempts; dropped are events that were not delivered; all others are changes.',
  }),
  webhookId: Type.String(),
  eventId: orNull(Type.String(), 'evt_…'),
  event: orNull(Type.String()),
  attempt: orNull(Type.Integer(), 'Number of the attempt, from 1.'),
  status: orNull(Type.Integer(), 'HTTP status of the response.'),
  error: ATTEMPT_ERROR,
  durationMs: orNull(Type.Integer()),
  answer: orNull(Type.String(), 'The first 4 KB of the response.'),
  note: orNull(Type.String(), 'Outcome of the delivery, or the reason for the change.'),
  count: orNull(Type.Integer(), 'Number of deliveries in dropped and replayed.'),
})

const changeOf = (type: ChangedType) =>
  Type.Object({
    ...ENTRY,
    type: Type.Literal(type),
    action: oneOf(['created', 'changed', 'removed']),
    [`${type}Id`]: Type.String(),
    name: Type.String({ description: 'For changed, the name before the change.' }),
    fields: orNull(Type.Array(Type.String()), 'The changed fields. Null: created or removed.'),
  })

/** One row of the activity log. Its fields depend on its type. */
export const ACTIVITY = Type.Union([DELIVERY, ...CHANGED_TYPES.map(changeOf)])

const ATTEMPT_EXAMPLE = {
  type: 'webhook',
  timestamp: MOMENT_EXAMPLE,
  siteId: 'ws_abc123',
  actor: null,
  webhookId: 'wh_abc123',
  eventId: 'evt_0123456789abcdef0123456789abcdef',
  event: 'goal',
  attempt: 1,
  status: null,
  error: null,
  durationMs: null,
  answer: null,
  note: null,
  count: null,
}

/** Rows of each kind. A request lists rows of one type. */
export const ACTIVITY_EXAMPLES = [
  {
    ...ATTEMPT_EXAMPLE,
    id: 11,
    action: 'dropped',
    eventId: null,
    event: null,
    attempt: null,
    note: 'happened before the webhook was created',
    count: 3,
  },
  {
    ...ATTEMPT_EXAMPLE,
    id: 10,
    action: 'delivery',
    attempt: 2,
    status: 200,
    durationMs: 84,
    answer: 'ok',
    note: 'done',
  },
  {
    ...ATTEMPT_EXAMPLE,
    id: 9,
    action: 'delivery',
    error: 'timeout',
    durationMs: 5001,
    answer: '',
    note: 'waiting',
  },
  {
    ...ATTEMPT_EXAMPLE,
    id: 8,
    action: 'test',
    event: 'test',
    actor: 'fedcba9876543210',
    error: 'dns',
    durationMs: 12,
    answer: '',
  },
  {
    id: 7,
    type: 'key',
    action: 'created',
    timestamp: MOMENT_EXAMPLE,
    keyId: '0123456789abcdef',
    name: 'Shop',
    siteId: null,
    actor: 'fedcba9876543210',
    fields: null,
  },
]
