import { MAX_KEYED_BATCH_EVENTS } from '@zenovay/tracker/contract'
import { Type } from '@sinclair/typebox'
import { MOMENT_EXAMPLE, envelope, inEnvelope, type DescribedRoute } from '../../http/api/route.js'
import { oneOf } from '../reports/query-parameters.js'

const EVENT = {
  visitor_id: 'visitor-0001',
  session_id: 'session-0001',
  event_type: 'pageview',
  url: 'https://shop.example/',
  device_type: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}
const WIRE_ERROR = Type.Object({
  code: Type.String(),
  message: Type.String(),
  timestamp: Type.String(),
  details: Type.Optional(Type.Array(Type.Object({ field: Type.String(), reason: Type.String() }))),
})

/** What comes in and goes out as it happens. */
export const EVENT_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/events',
    operationId: 'sendEvents',
    summary: 'Takes events of a server',
    description:
      'Each is judged by itself; docs/wire.md says what it may hold. Answered when the valid ones are on disk.',
    scope: 'write',
    body: Type.Object({
      trackingCode: Type.String({ description: 'ZV_…' }),
      events: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
        minItems: 1,
        maxItems: MAX_KEYED_BATCH_EVENTS,
      }),
    }),
    request: { trackingCode: 'ZV_XXXXXXXXXXX', events: [EVENT] },
    answer: envelope(
      Type.Object({
        stored: Type.Integer(),
        duplicates: Type.Integer(),
        rejected: Type.Integer(),
        results: Type.Array(
          Type.Object({
            index: Type.Integer(),
            status: oneOf(['stored', 'duplicate', 'rejected']),
            error: Type.Optional(WIRE_ERROR),
          }),
          { description: 'One for each event, in order.' },
        ),
      }),
    ),
    example: inEnvelope({ stored: 1, duplicates: 0, rejected: 0, results: [{ index: 0, status: 'stored' }] }),
  },
  {
    method: 'GET',
    path: '/api/stream/{id}',
    operationId: 'streamSite',
    summary: 'What happens at a site, as it is stored',
    description:
      'Server-sent events live, analytics and hit: docs/stream.md. Last-Event-ID goes on where a stream broke off.',
    scope: 'read',
    answer: undefined,
    example: 'event: live\ndata: {"visitors":42}\n\n',
  },
]

/** What other services tell; not there unless configured. */
export const INBOUND_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'POST',
    path: '/webhooks/stripe',
    operationId: 'takeStripeEvent',
    summary: 'Takes an event of Stripe',
    description: 'Signed by Stripe (Stripe-Signature). There with STRIPE_WEBHOOK_SECRET alone.',
    scope: 'shared-secret',
    body: Type.Object({
      id: Type.String(),
      created: Type.Integer(),
      type: Type.String(),
      data: Type.Object({ object: Type.Record(Type.String(), Type.Unknown()) }),
    }),
    request: {
      id: 'evt_1',
      created: 1_775_038_500,
      type: 'customer.subscription.updated',
      data: { object: {} },
    },
    answer: Type.Object({ received: Type.Literal(true) }),
    example: { received: true },
  },
  {
    method: 'POST',
    path: '/webhooks/uptime',
    operationId: 'reportUptime',
    summary: 'A monitor says that a site is down, or up',
    description: 'With Authorization: Bearer and UPTIME_TOKEN; there with that alone.',
    scope: 'shared-secret',
    body: Type.Object({
      site_id: Type.String(),
      status: oneOf(['up', 'down']),
      at: Type.Optional(Type.String({ description: 'When it happened, ISO 8601; now unless given.' })),
      reason: Type.Optional(Type.String()),
    }),
    request: { site_id: 'ws_abc123', status: 'down', at: MOMENT_EXAMPLE },
    answer: envelope(
      Type.Object({ site_id: Type.String(), status: oneOf(['up', 'down']), changed: Type.Boolean() }),
    ),
    example: inEnvelope({ site_id: 'ws_abc123', status: 'down', changed: true }),
  },
]
