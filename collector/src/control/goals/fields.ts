import { type Static, Type } from '@sinclair/typebox'
import { MAX_EVENT_NAME_LENGTH } from '@zenovay/tracker/contract'
import { type AddIssue, field, isOneLine, NAME, oneOf, orNull, SITE_ID } from '../../http/fields.js'
import { GOAL_KINDS, type GoalFields, type GoalRule, PATH_MATCHES } from './goal.js'

const MAX_PATH_LENGTH = 500
// Bounds of a glob: each pageview is compared with all globs of its site.
export const MAX_GLOB_LENGTH = 200
export const MAX_STARS = 5
const MAX_DURATION_SECONDS = 24 * 60 * 60
const MAX_VALUE = 1_000_000_000

/** The fields that each kind of rule uses. All fields except `match` are required. */
export const RULE_FIELDS = {
  path: {
    match: oneOf(PATH_MATCHES, { default: 'exact' }),
    path: field<string>(Type.String({ maxLength: MAX_PATH_LENGTH }), {
      parse: (value) =>
        typeof value === 'string' && value.length <= MAX_PATH_LENGTH && isOneLine(value) ? value : undefined,
      reason: `must be a string of at most ${MAX_PATH_LENGTH} characters on one line`,
    }),
  },
  event: { event: Type.String({ minLength: 1, maxLength: MAX_EVENT_NAME_LENGTH }) },
  duration: { seconds: Type.Integer({ minimum: 1, maximum: MAX_DURATION_SECONDS }) },
}

export const GOAL_VALUE = orNull(
  Type.Number({ minimum: 0, maximum: MAX_VALUE }),
  'What a conversion is worth, in whatever unit you count.',
)

const KIND = oneOf(GOAL_KINDS, { description: 'A goal has the fields of its kind and no others.' })
const OPTIONAL = Type.Partial(
  Type.Object({ ...RULE_FIELDS.path, ...RULE_FIELDS.event, ...RULE_FIELDS.duration, value: GOAL_VALUE }),
).properties

export const NEW_GOAL = Type.Object({ site_id: SITE_ID, name: NAME, kind: KIND, ...OPTIONAL })
/**
 * The fields of a goal that can be changed. A rule can only be replaced as a whole, by `kind` and all fields
 * of that kind.
 */
export const GOAL_CHANGES = Type.Object({
  name: Type.Optional(NAME),
  kind: Type.Optional(KIND),
  ...OPTIONAL,
})

type GoalChanges = Static<typeof GOAL_CHANGES>

/**
 * Adds an issue for each missing field of the goal's kind, and for each field that belongs to another kind.
 */
export function refineGoal(goal: Partial<GoalChanges>, addIssue: AddIssue): void {
  const { kind, match = 'exact', path, event, seconds } = goal
  const given = Object.entries(RULE_FIELDS).flatMap(([of, fields]) =>
    Object.keys(fields)
      .filter((name) => goal[name as keyof GoalChanges] !== undefined)
      .map((name) => ({ of, name })),
  )
  if (kind === undefined) {
    if (given.length > 0) addIssue('kind', `is missing: it must be one of ${GOAL_KINDS.join(', ')}`)
    return
  }
  for (const { of, name } of given)
    if (of !== kind) addIssue(name, `must be left out of a goal of the kind ${kind}`)
  if (kind === 'path') {
    const reason = path === undefined ? 'is missing' : explainPath(path, match === 'glob')
    if (reason !== undefined) addIssue('path', reason)
  }
  if (kind === 'event' && event === undefined) addIssue('event', 'is missing')
  if (kind === 'duration' && seconds === undefined) addIssue('seconds', 'is missing')
}

function explainPath(path: string, isGlob: boolean): string | undefined {
  if (!path.startsWith('/') && !(isGlob && path.startsWith('*')))
    return isGlob ? 'must begin with / or *' : 'must begin with /'
  if (isGlob && path.length > MAX_GLOB_LENGTH)
    return `must be a glob of at most ${MAX_GLOB_LENGTH} characters`
  if (isGlob && path.split(/\*+/).length - 1 > MAX_STARS) return `must hold at most ${MAX_STARS} wildcards`
  return undefined
}

/** Converts a validated request body into goal fields. Fields that the body does not contain are omitted. */
export function toGoalFields(body: GoalChanges): Partial<GoalFields> {
  const { name, value, kind } = body
  return {
    ...(name !== undefined && { name }),
    ...(value !== undefined && { value }),
    ...(kind !== undefined && { rule: toRule(kind, body) }),
  }
}

function toRule(kind: GoalRule['kind'], { match = 'exact', path, event, seconds }: GoalChanges): GoalRule {
  switch (kind) {
    case 'path':
      return { kind, match, path: path! }
    case 'event':
      return { kind, event: event! }
    case 'duration':
      return { kind, seconds: seconds! }
  }
}
