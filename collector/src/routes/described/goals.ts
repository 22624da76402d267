import { MAX_EVENT_NAME_LENGTH } from '@zenovay/tracker/contract'
import { Type, type TObject } from '@sinclair/typebox'
import { PATH_MATCHES } from '../../control/goals/goal.js'
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

const RULES = {
  path: {
    kind: Type.Literal('path'),
    match: oneOf(PATH_MATCHES, { default: 'exact' }),
    path: Type.String({ maxLength: 500 }),
  },
  event: {
    kind: Type.Literal('event'),
    event: Type.String({ minLength: 1, maxLength: MAX_EVENT_NAME_LENGTH }),
  },
  duration: { kind: Type.Literal('duration'), seconds: Type.Integer({ minimum: 1, maximum: 86_400 }) },
}
const VALUE = orNull(Type.Number({ minimum: 0 }), 'What reaching it is worth, in whatever unit you count.')
const NAME = Type.String({ minLength: 1, maxLength: 100 })
const GOAL = Type.Union(
  Object.values(RULES).map((rule): TObject =>
    Type.Object({
      id: Type.String(),
      site_id: Type.String(),
      name: Type.String(),
      ...rule,
      value: VALUE,
      created_at: MOMENT,
    }),
  ),
)
const NEW_GOAL = Type.Union(
  Object.values({ ...RULES, path: { ...RULES.path, match: Type.Optional(RULES.path.match) } }).map(
    (rule): TObject =>
      Type.Object({ site_id: Type.String(), name: NAME, ...rule, value: Type.Optional(VALUE) }),
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
const ONE = { answer: envelope(GOAL), example: inEnvelope(EXAMPLE), scope: 'admin' } as const

export const GOAL_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'GET',
    path: '/api/goals',
    operationId: 'listSiteGoals',
    summary: 'The goals of the sites that the key reaches',
    scope: 'admin',
    query: Type.Object({ site_id: Type.Optional(Type.String({ description: 'Of one site.' })) }),
    answer: envelope(Type.Array(GOAL)),
    example: inEnvelope([EXAMPLE]),
  },
  {
    method: 'POST',
    path: '/api/goals',
    operationId: 'createGoal',
    summary: 'Makes a goal',
    status: 201,
    body: NEW_GOAL,
    request: REQUEST,
    ...ONE,
  },
  { method: 'GET', path: '/api/goals/{id}', operationId: 'readGoal', summary: 'One goal', ...ONE },
  {
    method: 'PATCH',
    path: '/api/goals/{id}',
    operationId: 'updateGoal',
    summary: 'Changes a goal',
    description: 'A rule is changed as a whole: kind with all fields of that kind.',
    body: Type.Object({
      name: Type.Optional(NAME),
      value: Type.Optional(VALUE),
      kind: Type.Optional(oneOf(['path', 'event', 'duration'])),
      match: Type.Optional(RULES.path.match),
      path: Type.Optional(RULES.path.path),
      event: Type.Optional(RULES.event.event),
      seconds: Type.Optional(RULES.duration.seconds),
    }),
    request: { name: 'Newsletter', value: null },
    ...ONE,
  },
  {
    method: 'DELETE',
    path: '/api/goals/{id}',
    operationId: 'removeGoal',
    summary: 'Removes a goal',
    scope: 'admin',
    answer: REMOVED,
    example: inEnvelope({ id: EXAMPLE.id }),
  },
]
