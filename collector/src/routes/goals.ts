import type { Fault } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { authorise } from '../control/keys/gate.js'
import { ApiError } from '../errors.js'
import type { GoalCache } from '../control/goals/goal-cache.js'
import { MAX_GOALS_OF_SITE, type Goal } from '../control/goals/goal.js'
import { parseGoalFields, type ParsedGoal } from '../control/goals/fields.js'
import { decodeJson } from '../http/json-body.js'
import type { ControlStore } from '../control/control-store.js'
import type { GoalStore } from '../control/goals/goal-store.js'
import { addPrivateApi, keyOf } from '../http/api/register.js'

interface GoalRoutesServices {
  control: Pick<ControlStore, 'findApiKey' | 'findSite'>
  goals: GoalStore
  /** Judges events from now on by what was changed. */
  book: Pick<GoalCache, 'load'>
  now: () => number
}

interface GoalRoute {
  Params: { id: string }
  Body: string | undefined
}

/** `/api/goals`: the goals of the sites that an admin key reaches. */
export function addGoalRoutes(app: FastifyInstance, { control, goals, book, now }: GoalRoutesServices): void {
  const success = <Data>(data: Data) => ({
    success: true as const,
    data,
    timestamp: new Date(now()).toISOString(),
  })
  const changeBy = (request: FastifyRequest) => ({ actor: keyOf(request).id, at: now() })

  /** The goal that a request names. One answer for all that is beyond reach: nobody learns which ids others have. */
  const findGoal = async (request: FastifyRequest<GoalRoute>): Promise<Goal> => {
    const goal = await goals.findGoal(request.params.id)
    const site = goal && (await control.findSite(goal.siteId))
    const { accountId, siteId } = keyOf(request)
    if (!goal || site?.accountId !== accountId || (siteId !== null && siteId !== goal.siteId))
      throw new ApiError('NOT_FOUND')
    return goal
  }

  const addRoutes = (routes: FastifyInstance) => {
    routes.get('', async (request) => {
      const key = keyOf(request)
      const siteId = readSiteId(request.query as Record<string, unknown>)
      const found =
        siteId === undefined
          ? goals.listGoalsOf(key)
          : goals.listGoals((await authorise(key, siteId, control)).id)
      return success((await found).map(describeGoal))
    })

    routes.post<{ Body: string | undefined }>('', async (request, reply) => {
      const { siteId, name, rule, value = null } = readBody(request.body, { isNew: true })
      const site = await authorise(keyOf(request), siteId!, control)
      const goal = await goals.addGoal(site.id, { name: name!, rule: rule!, value }, changeBy(request))
      if (!goal)
        throw refuse([
          {
            field: 'site_id',
            reason: `has ${MAX_GOALS_OF_SITE} goals already, which is the most that a site may have`,
          },
        ])
      await book.load()
      reply.code(201)
      return success(describeGoal(goal))
    })

    routes.get<GoalRoute>('/:id', async (request) => success(describeGoal(await findGoal(request))))

    routes.patch<GoalRoute>('/:id', async (request) => {
      const { id } = await findGoal(request)
      const goal = await goals.updateGoal(id, readBody(request.body, { isNew: false }), changeBy(request))
      if (!goal) throw new ApiError('NOT_FOUND')
      await book.load()
      return success(describeGoal(goal))
    })

    routes.delete<GoalRoute>('/:id', async (request) => {
      const { id } = await findGoal(request)
      if (!(await goals.removeGoal(id, changeBy(request)))) throw new ApiError('NOT_FOUND')
      await book.load()
      return success({ id })
    })
  }
  addPrivateApi(app, { prefix: '/api/goals', control, addRoutes })
}

const refuse = (details: Fault[]) => new ApiError('VALIDATION_ERROR', { details })

/** The fields of a body. Throws `VALIDATION_ERROR` with every fault. */
function readBody(body: string | undefined, options: { isNew: boolean }): ParsedGoal {
  const { fields, faults } = parseGoalFields(decodeJson(body ?? ''), options)
  if (faults.length > 0) throw refuse(faults)
  return fields
}

/** The site that a list is asked for, undefined for all. Throws `VALIDATION_ERROR` with every fault. */
function readSiteId(query: Record<string, unknown>): string | undefined {
  const { site_id: siteId, ...others } = query
  const faults: Fault[] = Object.keys(others).map((field) => ({
    field: field.slice(0, 100),
    reason: 'is none of site_id',
  }))
  if (siteId !== undefined && typeof siteId !== 'string')
    faults.unshift({ field: 'site_id', reason: 'must be the id of one site' })
  if (faults.length > 0) throw refuse(faults)
  return siteId as string | undefined
}

function describeGoal({ id, siteId, name, rule, value, createdAt }: Goal) {
  return { id, site_id: siteId, name, ...rule, value, created_at: new Date(createdAt).toISOString() }
}
