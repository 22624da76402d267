import { type TObject, Type } from '@sinclair/typebox'
import {
  GOAL_CHANGES,
  GOAL_VALUE,
  NEW_GOAL,
  refineGoal,
  RULE_FIELDS,
  toGoalFields,
} from '../control/goals/fields.js'
import { type Goal, type GoalFields, MAX_GOALS_OF_SITE } from '../control/goals/goal.js'
import { authorise, authoriseFound } from '../control/keys/gate.js'
import { ApiError, validationError } from '../errors.js'
import { type LoadCall, MOMENT, MOMENT_EXAMPLE, REMOVED, toIso } from '../http/api/route.js'
import { SITE_ID } from '../http/fields.js'
import { defineRoute, type RouteServices } from './define-route.js'

const GOAL = Type.Union(
  Object.entries(RULE_FIELDS).map(([kind, rule]): TObject =>
    Type.Object({
      id: Type.String(),
      site_id: Type.String(),
      name: Type.String(),
      kind: Type.Literal(kind),
      ...rule,
      value: GOAL_VALUE,
      created_at: MOMENT,
    }),
  ),
)
const REQUEST = {
  site_id: 'ws_abc123',
  name: 'Newsletter signup',
  kind: 'path',
  match: 'glob',
  path: '/*/thank-you',
  value: 2.5,
}
const EXAMPLE = { id: 'goal_abc123', ...REQUEST, created_at: MOMENT_EXAMPLE }

const findGoal = async ({ key, params, services: { goals, control } }: LoadCall<RouteServices>) =>
  authoriseFound(key, await goals.findGoal(params['id']!), control)

export const listSiteGoals = defineRoute({
  path: '/api/goals',
  operationId: 'listSiteGoals',
  scope: 'admin',
  summary: 'List the goals of the sites that the key reaches',
  query: Type.Object({ site_id: Type.Optional(SITE_ID) }),
  data: Type.Array(GOAL),
  example: [EXAMPLE],
  answer: async ({ key, query: { site_id: siteId }, services: { goals, control } }) => {
    const found =
      siteId === undefined
        ? await goals.listGoalsOf(key)
        : await goals.listGoals((await authorise(key, siteId, control)).id)
    return found.map(toGoalJson)
  },
})

export const createGoal = defineRoute({
  method: 'POST',
  path: '/api/goals',
  operationId: 'createGoal',
  scope: 'admin',
  status: 201,
  summary: 'Create a goal',
  description: 'kind decides which of match, path, event and seconds a goal has.',
  body: NEW_GOAL,
  refine: refineGoal,
  request: REQUEST,
  data: GOAL,
  example: EXAMPLE,
  answer: async ({ body, key, change, services: { goals, goalCache, control } }) => {
    const site = await authorise(key, body.site_id, control)
    const fields = { value: null, ...toGoalFields(body) } as GoalFields
    const goal = await goals.addGoal(site.id, fields, change)
    if (!goal)
      throw validationError(
        'site_id',
        `has ${MAX_GOALS_OF_SITE} goals already, which is the most that a site may have`,
      )
    await goalCache.load()
    return toGoalJson(goal)
  },
})

export const readGoal = defineRoute({
  path: '/api/goals/{id}',
  operationId: 'readGoal',
  scope: 'admin',
  summary: 'Get a goal',
  load: findGoal,
  data: GOAL,
  example: EXAMPLE,
  answer: ({ target }) => toGoalJson(target),
})

export const updateGoal = defineRoute({
  method: 'PATCH',
  path: '/api/goals/{id}',
  operationId: 'updateGoal',
  scope: 'admin',
  summary: 'Change the given fields of a goal',
  description: 'A rule is replaced as a whole: kind with all fields of that kind.',
  load: findGoal,
  body: GOAL_CHANGES,
  refine: refineGoal,
  request: { name: 'Newsletter', value: null },
  data: GOAL,
  example: EXAMPLE,
  answer: async ({ target, body, change, services: { goals, goalCache } }) => {
    const goal = await goals.updateGoal(target.id, toGoalFields(body), change)
    if (!goal) throw new ApiError('NOT_FOUND')
    await goalCache.load()
    return toGoalJson(goal)
  },
})

export const removeGoal = defineRoute({
  method: 'DELETE',
  path: '/api/goals/{id}',
  operationId: 'removeGoal',
  scope: 'admin',
  summary: 'Remove a goal',
  load: findGoal,
  data: REMOVED,
  example: { id: EXAMPLE.id },
  answer: async ({ target: { id }, change, services: { goals, goalCache } }) => {
    if (!(await goals.removeGoal(id, change))) throw new ApiError('NOT_FOUND')
    await goalCache.load()
    return { id }
  },
})

function toGoalJson({ id, siteId, name, rule, value, createdAt }: Goal) {
  return { id, site_id: siteId, name, ...rule, value, created_at: toIso(createdAt) }
}
