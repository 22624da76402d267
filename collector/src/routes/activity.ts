import type { FastifyInstance } from 'fastify'
import { CHANGED_TYPES, type ChangedType, type ChangeEntry, type ChangeLog } from '../control/change-log.js'
import type { ControlStore } from '../control/control-store.js'
import { findOwnSite } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'
import { addFlatErrors, refuse } from '../http/error-answers.js'
import type { Webhooks } from '../webhooks/service.js'
import type { LogEntry } from '../webhooks/webhook-store.js'

interface ActivityLogServices {
  control: ControlStore
  webhooks: Pick<Webhooks, 'listLog'>
  changes: ChangeLog
  now: () => number
}

const TYPES = ['webhook', ...CHANGED_TYPES]
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

/**
 * `/api/activity-log`, newest first: what was done to the webhooks of a site with every attempt to deliver to them; or who changed its alerts, goals or keys, for admin keys.
 * A key of a whole account sees what is for all of the account with each of its sites.
 */
export function addActivityLogRoute(
  app: FastifyInstance,
  { control, webhooks, changes, now }: ActivityLogServices,
): void {
  const addRoutes = (routes: FastifyInstance) => {
    addFlatErrors(routes, { notFound: 'Not found', now })
    routes.get<{ Querystring: Record<string, unknown> }>('', async (request) => {
      const { type = 'webhook', siteId, limit, before } = request.query
      if (!TYPES.includes(type as string)) throw refuse(`type must be one of ${TYPES.join(', ')}`)
      const key = keyOf(request)
      if (type !== 'webhook' && key.scope !== 'admin') throw new ApiError('FORBIDDEN')
      const { accountId, id } = await findOwnSite(key, siteId, control)
      const most =
        readCount(limit, MAX_LIMIT, `limit must be a number from 1 to ${MAX_LIMIT}`) ?? DEFAULT_LIMIT
      const below = readCount(before, Number.MAX_SAFE_INTEGER, 'before must be the nextBefore of an answer')
      const question = {
        accountId,
        siteId: id,
        isAccountWide: key.siteId === null,
        limit: most,
        ...(below !== undefined && { before: below }),
      }
      const entries =
        type === 'webhook'
          ? (await webhooks.listLog(question)).map(describeEntry)
          : (await changes.listChanges({ ...question, type: type as ChangedType })).map(describeChange)
      return { activities: entries, nextBefore: entries.length < most ? null : entries.at(-1)!.id }
    })
  }
  addPrivateApi(app, { prefix: '/api/activity-log', control, readScope: 'read', addRoutes })
}

function readCount(value: unknown, most: number, rule: string): number | undefined {
  if (value === undefined) return undefined
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : 0
  if (count < 1 || count > most) throw refuse(rule)
  return count
}

function describeEntry({ id, kind, at, accountId: _accountId, ...entry }: LogEntry) {
  return { id, type: 'webhook', action: kind, timestamp: new Date(at).toISOString(), ...entry }
}

function describeChange({ id, type, action, at, subjectId, name, siteId, actor, fields }: ChangeEntry) {
  return {
    id,
    type,
    action,
    timestamp: new Date(at).toISOString(),
    [`${type}Id`]: subjectId,
    name,
    siteId,
    actor,
    fields,
  }
}
