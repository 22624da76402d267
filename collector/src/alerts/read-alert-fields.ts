import type { Fault } from '@zenovay/tracker/contract'
import { NAME_RULE, readName } from '../read-name.js'
import { COMPARISONS, METRICS, type AlertFields, type Metric } from './alert.js'
import { METRIC_RULES } from './metric-rules.js'
import { readDestinations, type PlainDestination } from './read-destinations.js'

/** What a body says of an alert; destinations as they were written, not sealed. */
export type ReadAlert = Omit<AlertFields, 'destinations'> & {
  siteId: string
  destinations: PlainDestination[]
}

export const MAX_WINDOW_MINUTES = 24 * 60
const MAX_COOL_DOWN_MINUTES = 7 * 24 * 60
const LARGEST = 1_000_000_000_000

interface Context {
  /** Whether mails can be sent. */
  hasMail: boolean
  largestThreshold: number
}
type Read<Value> = (value: unknown, refuse: (reason: string) => void, context: Context) => Value | undefined

const readNumber =
  (from: number, to: number, isWhole: boolean): Read<number> =>
  (value, refuse) => {
    if (typeof value === 'number' && value >= from && value <= to && (!isWhole || Number.isInteger(value)))
      return value
    refuse(`must be a ${isWhole ? 'whole ' : ''}number from ${from} to ${to}`)
  }
const readOneOf =
  <Value extends string>(values: readonly Value[]): Read<Value> =>
  (value, refuse) =>
    values.includes(value as Value) ? (value as Value) : void refuse(`must be one of ${values.join(', ')}`)
const readAlertName: Read<string> = (value, refuse) => readName(value) ?? void refuse(NAME_RULE)
const readSiteId: Read<string> = (value, refuse) =>
  typeof value === 'string' ? value : void refuse('must be the id of a site')
const readBoolean: Read<boolean> = (value, refuse) =>
  typeof value === 'boolean' ? value : void refuse('must be true or false')
const readCurrency: Read<string> = (value, refuse) =>
  typeof value === 'string' && /^[A-Z]{3}$/.test(value)
    ? value
    : void refuse('must be a code of ISO 4217, such as EUR')

const FIELDS: { [wire: string]: { [Key in keyof ReadAlert]: [Key, Read<ReadAlert[Key]>] }[keyof ReadAlert] } =
  {
    site_id: ['siteId', readSiteId],
    name: ['name', readAlertName],
    metric: ['metric', readOneOf(METRICS)],
    comparison: ['comparison', readOneOf(COMPARISONS)],
    threshold: [
      'threshold',
      (value, refuse, context) => readNumber(0, context.largestThreshold, false)(value, refuse, context),
    ],
    hysteresis: ['hysteresis', readNumber(0, LARGEST, false)],
    window_minutes: ['windowMinutes', readNumber(1, MAX_WINDOW_MINUTES, true)],
    minimum_volume: ['minimumVolume', readNumber(0, LARGEST, true)],
    cool_down_minutes: ['coolDownMinutes', readNumber(0, MAX_COOL_DOWN_MINUTES, true)],
    currency: ['currency', readCurrency],
    active: ['isActive', readBoolean],
    destinations: ['destinations', (value, refuse, { hasMail }) => readDestinations(value, refuse, hasMail)],
  }
const ALWAYS = ['name', 'active', 'destinations']
const ONLY_NEW = ['site_id', 'metric']
const REQUIRED = ['site_id', 'name', 'metric', 'threshold', 'window_minutes']

/**
 * Reads an alert by the names on the wire: a new one, completed with defaults, or a change of one on `metric`.
 * `faults` lists everything that is wrong, missing or unknown; with faults, the fields mean nothing.
 */
export function readAlertFields(
  body: unknown,
  { metric: known, hasMail }: { metric?: Metric; hasMail: boolean },
): { fields: Partial<ReadAlert>; faults: Fault[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { fields: {}, faults: [{ field: 'body', reason: 'must be a JSON object' }] }
  const faults: Fault[] = []
  const given = body as Record<string, unknown>
  const rule = METRIC_RULES[
    known ?? readOneOf(METRICS)(given['metric'], () => {}, { hasMail, largestThreshold: 0 })!
  ] as (typeof METRIC_RULES)[Metric] | undefined
  const allowed = [
    ...(known === undefined ? ONLY_NEW : []),
    ...ALWAYS,
    ...(rule?.fields ?? Object.keys(FIELDS)),
  ]
  const fields: Record<string, unknown> = {}

  for (const [field, value] of Object.entries(given)) {
    const refuse = (reason: string) => void faults.push({ field: field.slice(0, 100), reason })
    const reader = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
    if (!reader || !allowed.includes(field)) refuse(`is none of ${[...new Set(allowed)].join(', ')}`)
    else
      fields[reader[0]] = reader[1](value, refuse, {
        hasMail,
        largestThreshold: rule?.largestThreshold ?? LARGEST,
      })
  }
  if (known !== undefined) return { fields, faults }

  for (const field of REQUIRED) {
    const isWanted = allowed.includes(field) && !(rule && FIELDS[field]![0] in rule.defaults)
    if (isWanted && !Object.hasOwn(given, field)) faults.push({ field, reason: 'is missing' })
  }
  return {
    fields: { isActive: true, destinations: [{ type: 'webhook' }], ...rule?.defaults, ...fields },
    faults,
  }
}
