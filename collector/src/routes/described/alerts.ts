import { Type } from '@sinclair/typebox'
import { COMPARISONS, DESTINATION_TYPES, METRICS } from '../../alerts/alert.js'
import { MAX_WINDOW_MINUTES } from '../../alerts/management.js'
import { orNull } from '../../http/api/answer-schemas.js'
import { oneOf } from '../reports/query-parameters.js'
import {
  MOMENT,
  MOMENT_EXAMPLE,
  REMOVED,
  envelope,
  inEnvelope,
  type DescribedRoute,
} from '../../http/api/route.js'

const MASKED = Type.Object({
  type: oneOf(DESTINATION_TYPES),
  url: Type.Optional(Type.String({ description: 'Its host alone.' })),
  address: Type.Optional(Type.String()),
})
const DESTINATION = Type.Union([
  Type.Object({ type: Type.Literal('webhook') }),
  Type.Object({ type: Type.Literal('slack'), url: Type.String({ description: 'Of an incoming webhook.' }) }),
  Type.Object({ type: Type.Literal('email'), address: Type.String() }),
])
const SHARED = {
  name: Type.String({ minLength: 1, maxLength: 100 }),
  comparison: oneOf(COMPARISONS, { default: '>' }),
  threshold: Type.Number({ description: 'In the unit of the metric.' }),
  hysteresis: Type.Number({
    description: 'How far back from the threshold the figure must be before the alert can fire again.',
    default: 0,
  }),
  window_minutes: Type.Integer({ minimum: 1, maximum: MAX_WINDOW_MINUTES }),
  minimum_volume: Type.Integer({ description: 'With fewer visitors the alert stays as it is.', default: 0 }),
  cool_down_minutes: Type.Integer({ description: 'So long after it fired it is silent.', default: 0 }),
  active: Type.Boolean({ default: true }),
}
const ALERT = Type.Object({
  id: Type.String(),
  site_id: Type.String(),
  metric: oneOf(METRICS),
  ...SHARED,
  currency: orNull(Type.String(), 'Of revenue alone.'),
  destinations: Type.Array(MASKED),
  created_at: MOMENT,
  state: oneOf(['firing', 'clear']),
  last_value: orNull(Type.Number()),
  last_fired_at: orNull(Type.String(), 'ISO 8601, UTC.'),
})
const NOTICE = Type.Object({
  at: MOMENT,
  event: oneOf(['alert', 'traffic_spike']),
  destination: MASKED,
  state: oneOf(['waiting', 'in_flight', 'done', 'failed']),
  attempts: Type.Integer(),
  ended_at: orNull(Type.String(), 'ISO 8601, UTC.'),
  error: orNull(Type.String()),
})
const { name, active, ...RULE } = SHARED
const CHANGES = {
  ...Type.Partial(Type.Object(RULE)).properties,
  active: Type.Optional(active),
  currency: Type.Optional(Type.String({ description: 'ISO 4217; of revenue alone.', default: 'USD' })),
  destinations: Type.Optional(Type.Array(DESTINATION, { minItems: 1, maxItems: 5 })),
}

const REQUEST = {
  site_id: 'ws_abc123',
  name: 'Checkout fails',
  metric: 'errors',
  threshold: 20,
  window_minutes: 10,
  hysteresis: 10,
  cool_down_minutes: 60,
  destinations: [{ type: 'webhook' }, { type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' }],
}
const EXAMPLE = {
  id: 'alert_abc123',
  ...REQUEST,
  comparison: '>',
  minimum_volume: 0,
  active: true,
  currency: null,
  destinations: [{ type: 'webhook' }, { type: 'slack', url: 'https://hooks.slack.com/…' }],
  created_at: MOMENT_EXAMPLE,
  state: 'clear',
  last_value: null,
  last_fired_at: null,
}
const ONE = { answer: envelope(ALERT), example: inEnvelope(EXAMPLE), scope: 'admin' } as const
const METRICS_RULE = 'Metrics differ in what may be chosen of them: docs/alerts.md.'

export const ALERT_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: '/api/alerts',
    operationId: 'listAlerts',
    summary: 'The alerts of the sites that the key reaches',
    scope: 'admin',
    query: Type.Object({ site_id: Type.Optional(Type.String({ description: 'Of one site.' })) }),
    answer: envelope(Type.Array(ALERT)),
    example: inEnvelope([EXAMPLE]),
  },
  {
    method: 'POST',
    path: '/api/alerts',
    operationId: 'createAlert',
    summary: 'Makes an alert',
    description: METRICS_RULE,
    status: 201,
    body: Type.Object({ site_id: Type.String(), name, metric: oneOf(METRICS), ...CHANGES }),
    request: REQUEST,
    ...ONE,
  },
  {
    method: 'GET',
    path: '/api/alerts/{id}',
    operationId: 'readAlert',
    summary: 'One alert, with what became of its last notices',
    scope: 'admin',
    answer: envelope(Type.Composite([ALERT, Type.Object({ notices: Type.Array(NOTICE) })])),
    example: inEnvelope({
      ...EXAMPLE,
      notices: [
        {
          at: MOMENT_EXAMPLE,
          event: 'alert',
          destination: { type: 'slack', url: 'https://hooks.slack.com/…' },
          state: 'done',
          attempts: 1,
          ended_at: MOMENT_EXAMPLE,
          error: null,
        },
      ],
    }),
  },
  {
    method: 'PATCH',
    path: '/api/alerts/{id}',
    operationId: 'updateAlert',
    summary: 'Changes an alert',
    description: `Destinations as a whole. ${METRICS_RULE}`,
    body: Type.Object({ name: Type.Optional(name), ...CHANGES }),
    request: { threshold: 30, active: false },
    ...ONE,
  },
  {
    method: 'DELETE',
    path: '/api/alerts/{id}',
    operationId: 'removeAlert',
    summary: 'Removes an alert with what waits for it',
    scope: 'admin',
    answer: REMOVED,
    example: inEnvelope({ id: EXAMPLE.id }),
  },
  {
    method: 'POST',
    path: '/api/alerts/{id}/test',
    operationId: 'testAlert',
    summary: 'Tells every destination as if the alert had fired',
    description: 'Once a minute.',
    scope: 'admin',
    answer: envelope(
      Type.Object({ id: Type.String(), queued: Type.Integer({ description: 'Destinations.' }) }),
    ),
    example: inEnvelope({ id: EXAMPLE.id, queued: 2 }),
  },
]
