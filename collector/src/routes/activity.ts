import { Type } from '@sinclair/typebox'
import { CHANGED_TYPES, type ChangeEntry } from '../control/change-log.js'
import { assertScope, authoriseOwn } from '../control/keys/gate.js'
import { toIso } from '../http/api/route.js'
import { field, oneOf, orNull } from '../http/fields.js'
import type { LogEntry } from '../webhooks/webhook-store.js'
import { defineRoute } from './define-route.js'
import { ACTIVITY, ACTIVITY_EXAMPLES } from './activity-schemas.js'
import { FLAT_SITE_ID } from './site-webhooks.js'

const TYPES = ['webhook', ...CHANGED_TYPES] as const
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

/**
 * Creates the schema of an integer query parameter from 1 to `maximum`. `reason` describes the allowed
 * values.
 */
const count = (maximum: number, reason: string, options: object) =>
  field<number>(Type.Integer({ minimum: 1, maximum, ...options }), {
    parse: (value) =>
      Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maximum
        ? (value as number)
        : undefined,
    reason,
  })

/**
 * Lists the changes of a site's webhooks and all delivery attempts, newest first. With an admin key, it can
 * instead list the changes of the site's alerts, goals or API keys. A key for a whole account also receives
 * the entries that apply to all sites of the account.
 */
export const listActivity = defineRoute({
  path: '/api/activity-log',
  operationId: 'listActivity',
  flatErrors: { notFound: 'Not found' },
  summary: 'List changes of webhooks with every delivery attempt, or changes of alerts, goals or keys',
  description: 'Types other than webhook require an admin key.',
  query: Type.Object(
    {
      type: Type.Optional(
        field<(typeof TYPES)[number]>(oneOf(TYPES, { default: 'webhook' }), {
          parse: (value) => TYPES.find((type) => type === value),
          reason: `type must be one of ${TYPES.join(', ')}`,
        }),
      ),
      siteId: FLAT_SITE_ID,
      limit: Type.Optional(
        count(MAX_LIMIT, `limit must be a number from 1 to ${MAX_LIMIT}`, { default: DEFAULT_LIMIT }),
      ),
      before: Type.Optional(
        count(Number.MAX_SAFE_INTEGER, 'before must be the nextBefore of an answer', {
          description: 'nextBefore of the previous answer.',
        }),
      ),
    },
    { additionalProperties: true },
  ),
  response: Type.Object({
    activities: Type.Array(ACTIVITY),
    nextBefore: orNull(Type.Integer(), 'Null at the end.'),
  }),
  example: { activities: ACTIVITY_EXAMPLES, nextBefore: null },
  answer: async ({ key, query, services: { control, deliveries, changes } }) => {
    const { type = 'webhook', siteId, limit = DEFAULT_LIMIT, before } = query
    if (type !== 'webhook') assertScope(key, 'admin')
    const { accountId, id } = await authoriseOwn(key, siteId, control)
    const question = {
      accountId,
      siteId: id,
      isAccountWide: key.siteId === null,
      limit,
      ...(before !== undefined && { before }),
    }
    const activities =
      type === 'webhook'
        ? (await deliveries.listLog(question)).map(toDeliveryJson)
        : (await changes.listChanges({ ...question, type })).map(toChangeJson)
    return { activities, nextBefore: activities.length < limit ? null : activities.at(-1)!.id }
  },
})

function toDeliveryJson({ id, kind, at, accountId: _accountId, ...entry }: LogEntry) {
  return { id, type: 'webhook', action: kind, timestamp: toIso(at), ...entry }
}

function toChangeJson({ id, type, action, at, subjectId, name, siteId, actor, fields }: ChangeEntry) {
  return {
    id,
    type,
    action,
    timestamp: toIso(at),
    [`${type}Id`]: subjectId,
    name,
    siteId,
    actor,
    fields,
  }
}
