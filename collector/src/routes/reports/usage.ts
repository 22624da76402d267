import { Type } from '@sinclair/typebox'
import { PLAN_NAMES } from '../../control/accounts.js'
import type { LimitState } from '../../control/keys/usage.js'
import { ApiError } from '../../errors.js'
import { toIso } from '../../http/api/route.js'
import { defineRoute } from '../define-route.js'
import { oneOf } from '../../http/fields.js'

const LIMIT = Type.Object({
  limit: Type.Integer({ description: 'Requests that the plan allows.' }),
  used: Type.Integer({ description: 'Including this one.' }),
  remaining: Type.Integer(),
  resets_at: Type.String({ description: 'ISO 8601, UTC.' }),
})

export const readUsage = defineRoute({
  path: '/usage',
  operationId: 'readUsage',
  summary: 'Get the usage and limits of the account',
  data: Type.Object({ plan: oneOf(PLAN_NAMES), minute: LIMIT, month: LIMIT }),
  example: {
    plan: 'pro',
    minute: { limit: 30, used: 4, remaining: 26, resets_at: '2026-04-01T10:15:42.000Z' },
    month: { limit: 10000, used: 812, remaining: 9188, resets_at: '2026-05-01T00:00:00.000Z' },
  },
  async answer({ key, services, now }) {
    const usage = await services.control.readUsage(key.id, now)
    // The API key was revoked after this request was authenticated.
    if (!usage) throw new ApiError('UNAUTHORIZED')
    return { plan: usage.plan, minute: toLimitJson(usage.minute), month: toLimitJson(usage.month) }
  },
})

function toLimitJson({ limit, used, resetsAt }: LimitState) {
  return { limit, used, remaining: Math.max(0, limit - used), resets_at: toIso(resetsAt) }
}
