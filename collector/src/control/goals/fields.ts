import { type Fault, MAX_EVENT_NAME_LENGTH } from '@zenovay/tracker/contract'
import { NAME_RULE, parseName } from '../../http/fields.js'
import { GOAL_KINDS, type GoalFields, type GoalRule, PATH_MATCHES, type PathMatch } from './goal.js'

/** What a body says of a goal; what it leaves out is not there. */
export interface ParsedGoal {
  /** Of a site that may not be there. */
  siteId?: string
  name?: string
  rule?: GoalRule
  value?: number | null
}

const MAX_PATH_LENGTH = 500
const MAX_STARS = 10
const LONGEST_SECONDS = 24 * 60 * 60
const LARGEST_VALUE = 1_000_000_000
// Shown in tables and messages, one thing a line.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

type Body = Record<string, unknown>
type Refuse = (field: string, reason: string) => void

/** The fields of a rule by its kind, on the wire. */
const RULE_FIELDS: Record<GoalRule['kind'], readonly string[]> = {
  path: ['match', 'path'],
  event: ['event'],
  duration: ['seconds'],
}
const FIELDS = ['site_id', 'name', 'kind', ...Object.values(RULE_FIELDS).flat(), 'value']

/**
 * Reads a goal by the names on the wire: `name`, `value`, and `kind` with the fields of that kind, together; a new one has `site_id`, too.
 * `faults` lists everything that is wrong, missing or unknown.
 */
export function parseGoalFields(
  body: unknown,
  { isNew }: { isNew: boolean },
): { fields: ParsedGoal; faults: Fault[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { fields: {}, faults: [{ field: 'body', reason: 'must be a JSON object' }] }
  const faults: Fault[] = []
  const refuse: Refuse = (field, reason) => void faults.push({ field: field.slice(0, 100), reason })
  const given = body as Body
  const has = (field: string) => Object.hasOwn(given, field)
  const fields: ParsedGoal = {}

  if (isNew || has('name')) assign(fields, 'name', readGoalName(given['name'], refuse))
  if (isNew) assign(fields, 'siteId', readSiteId(given['site_id'], refuse))
  if (has('value')) assign(fields, 'value', readValue(given['value'], refuse))
  if (isNew || Object.values(RULE_FIELDS).flat().some(has) || has('kind'))
    assign(fields, 'rule', readRule(given, refuse))

  const known = isNew ? FIELDS : FIELDS.filter((field) => field !== 'site_id')
  for (const field of Object.keys(given))
    if (!known.includes(field)) refuse(field, `is none of ${known.join(', ')}`)
  return { fields, faults }
}

function assign<Key extends keyof ParsedGoal>(
  fields: ParsedGoal,
  key: Key,
  value: ParsedGoal[Key] | undefined,
): void {
  if (value !== undefined) fields[key] = value
}

function readGoalName(given: unknown, refuse: Refuse): GoalFields['name'] | undefined {
  const name = parseName(given)
  if (name === undefined) refuse('name', given === undefined ? 'is missing' : NAME_RULE)
  return name
}

function readSiteId(given: unknown, refuse: Refuse): string | undefined {
  if (typeof given === 'string') return given
  refuse('site_id', given === undefined ? 'is missing' : 'must be the id of a site')
}

function readValue(given: unknown, refuse: Refuse): number | null | undefined {
  if (given === null || (typeof given === 'number' && given >= 0 && given <= LARGEST_VALUE)) return given
  refuse('value', `must be a number from 0 to ${LARGEST_VALUE}, or null`)
}

function readRule(given: Body, refuse: Refuse): GoalRule | undefined {
  const kind = GOAL_KINDS.find((name) => name === given['kind'])
  if (!kind)
    return void refuse(
      'kind',
      given['kind'] === undefined
        ? `is missing: one of ${GOAL_KINDS.join(', ')}`
        : `must be one of ${GOAL_KINDS.join(', ')}`,
    )
  for (const [other, fields] of Object.entries(RULE_FIELDS))
    for (const field of fields)
      if (other !== kind && given[field] !== undefined)
        refuse(field, `must be left out of a goal of the kind ${kind}`)
  if (kind === 'path') return readPathRule(given, refuse)
  if (kind === 'event') {
    const event = given['event']
    if (typeof event === 'string' && event !== '' && event.length <= MAX_EVENT_NAME_LENGTH)
      return { kind, event }
    return void refuse(
      'event',
      event === undefined
        ? 'is missing'
        : `must be the name of an event, 1 to ${MAX_EVENT_NAME_LENGTH} characters`,
    )
  }
  const seconds = given['seconds']
  if (Number.isInteger(seconds) && (seconds as number) >= 1 && (seconds as number) <= LONGEST_SECONDS)
    return { kind, seconds: seconds as number }
  refuse(
    'seconds',
    seconds === undefined ? 'is missing' : `must be a whole number from 1 to ${LONGEST_SECONDS}`,
  )
}

function readPathRule({ match = 'exact', path }: Body, refuse: Refuse): GoalRule | undefined {
  const isMatch = (PATH_MATCHES as readonly unknown[]).includes(match)
  if (!isMatch) refuse('match', `must be one of ${PATH_MATCHES.join(', ')}`)
  const fault = explainPath(path, match === 'glob')
  if (fault !== undefined) refuse('path', fault)
  return isMatch && fault === undefined
    ? { kind: 'path', match: match as PathMatch, path: path as string }
    : undefined
}

function explainPath(path: unknown, isGlob: boolean): string | undefined {
  if (path === undefined) return 'is missing'
  if (typeof path !== 'string' || path.length > MAX_PATH_LENGTH || CONTROL_CHARACTER.test(path))
    return `must be a text of at most ${MAX_PATH_LENGTH} characters on one line`
  if (!path.startsWith('/') && !(isGlob && path.startsWith('*')))
    return isGlob ? 'must begin with / or *' : 'must begin with /'
  if (isGlob && path.split(/\*+/).length - 1 > MAX_STARS) return `must hold at most ${MAX_STARS} stars`
  return undefined
}
