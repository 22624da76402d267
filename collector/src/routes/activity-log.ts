import type { FastifyInstance } from 'fastify'
import type { ControlStore } from '../stores/control-store.js'
import type { LogEntry } from '../stores/webhook-store.js'
import type { Webhooks } from '../webhooks/create-webhooks.js'
import { addPrivateApi, keyOf } from './add-private-api.js'
import { addFlatErrors, findOwnSite, refuse } from './flat-errors.js'

interface ActivityLogServices {
  control: ControlStore
  webhooks: Pick<Webhooks, 'listLog'>
  now: () => number
}

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

/** `/api/activity-log`: what was done to the webhooks of a site, and every attempt to deliver to them, newest first. */
export function addActivityLogRoute(app: FastifyInstance, { control, webhooks, now }: ActivityLogServices): void {
  const addRoutes = (routes: FastifyInstance) => {
    addFlatErrors(routes, { notFound: 'Not found', now })
    routes.get<{ Querystring: Record<string, unknown> }>('', async (request) => {
      const { type = 'webhook', siteId, limit, before } = request.query
      if (type !== 'webhook') throw refuse('type must be webhook')
      const { accountId, id } = await findOwnSite(keyOf(request), siteId, control)
      const most = readCount(limit, MAX_LIMIT, `limit must be a number from 1 to ${MAX_LIMIT}`) ?? DEFAULT_LIMIT
      const below = readCount(before, Number.MAX_SAFE_INTEGER, 'before must be the nextBefore of an answer')
      const entries = await webhooks.listLog({ accountId, siteId: id, limit: most, ...(below !== undefined && { before: below }) })
      return { activities: entries.map(describeEntry), nextBefore: entries.length < most ? null : entries.at(-1)!.id }
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
