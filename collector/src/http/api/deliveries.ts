import { type TObject, Type } from '@sinclair/typebox'
import type { Operation } from './operation.js'
import { MOMENT } from './route.js'

/** The documentation of one event that webhooks deliver, from which the `webhooks` of OpenAPI are built. */
export interface DeliveryDocs {
  event: string
  /** When the event is delivered. */
  summary: string
  /** Schema of `data` in the body. */
  data: TObject
  /** A body, with all headers of its delivery. */
  example: {
    body: { id: string; event: string; timestamp: string; data: unknown }
    headers: Record<string, string>
  }
}

/** Returns the schema of the body of a delivery. */
export const bodyOf = ({ event, data }: Pick<DeliveryDocs, 'event' | 'data'>): TObject =>
  Type.Object({
    id: Type.String({ description: 'evt_…, the same for every attempt and replay.' }),
    event: Type.Literal(event),
    timestamp: MOMENT,
    data,
  })

const SIGNATURES =
  'Verify one signature before you use the body. HMAC is HMAC-SHA256, and the body is its exact bytes. webhook-signature: v1, and the base64 of the HMAC of webhook-id, webhook-timestamp and the body, joined by full stops; the key is the 32 bytes after whsec_, which are base64. X-Zenovay-Signature: the hexadecimal HMAC of the body; the key is the whole secret as text. X-ZTA-Signature: the same after sha256=. Only the first covers the time of the delivery.'

const HEADERS: Record<string, string> = {
  'webhook-id': 'ID of the event, the same as id in the body.',
  'webhook-timestamp':
    'Start of the attempt, in seconds since the epoch. Reject it if it is minutes away from your clock.',
  'webhook-signature': 'v1, and the base64 of the HMAC of id, timestamp and body.',
  'X-Zenovay-Event': 'The event.',
  'X-Zenovay-Delivery': 'ID of the event.',
  'X-Zenovay-Timestamp': 'Start of the attempt, in seconds since the epoch.',
  'X-Zenovay-Signature': 'Hexadecimal HMAC of the body.',
  'X-ZTA-Event': 'The event.',
  'X-ZTA-Webhook-ID': 'ID of the webhook.',
  'X-ZTA-Signature': 'sha256= and the hexadecimal HMAC of the body.',
}

/** Returns the `webhooks` of an OpenAPI 3.1 document: the requests that the collector sends, by event. */
export function describeDeliveries(
  deliveries: readonly DeliveryDocs[],
): Record<string, Record<'post', Operation>> {
  return Object.fromEntries(
    deliveries.map((delivery) => [delivery.event, { post: describeDelivery(delivery) }]),
  )
}

function describeDelivery(delivery: DeliveryDocs): Operation {
  const { event, summary, example } = delivery
  return {
    operationId: `deliver_${event}`,
    summary,
    description: SIGNATURES,
    security: [],
    parameters: Object.entries(example.headers).map(([name, value]) => ({
      name,
      in: 'header',
      required: true,
      ...(HEADERS[name] !== undefined && { description: HEADERS[name] }),
      schema: Type.String(),
      example: value,
    })),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: bodyOf(delivery), example: example.body } },
    },
    responses: {
      '2XX': { description: 'Delivered. Any body; the activity log keeps its first 4 KB.' },
      '410': { description: 'Final, and disables the webhook.' },
      '5XX': {
        description: 'Sent again after 5 and 25 seconds, as after no complete response within 5 seconds.',
      },
      default: { description: 'Final: the delivery has failed. Redirects are not followed.' },
    },
  }
}
