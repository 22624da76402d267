import type { Fault } from '@zenovay/tracker/contract'
import type { SecretBox } from '../control/secrets/secret-box.js'
import type { EgressGuard } from '../egress/guard.js'
import { NAME_RULE, parseName } from '../http/fields.js'
import type { AlertStore } from './alert-store.js'
import {
  type Alert,
  type AlertFields,
  COMPARISONS,
  type Destination,
  DESTINATION_TYPES,
  type DestinationType,
  type Metric,
  METRIC_RULES,
  METRICS,
} from './alert.js'
import { describeTest } from './notify/notification.js'

/** Alert management behind the routes, which check permissions. */
export interface AlertManagement {
  /** Whether a mail server is configured. */
  hasMail: boolean
  find: AlertStore['findAlert']
  list: AlertStore['listAlerts']
  /** Undefined when the site has `MAX_ALERTS_OF_SITE` already. `actor` is the id of the API key. */
  add(siteId: string, fields: AlertFields, actor: string): Promise<Alert | undefined>
  update(id: string, changes: Partial<AlertFields>, actor: string): Promise<Alert | undefined>
  remove(id: string, actor: string): Promise<boolean>
  listNotifications: AlertStore['listNotifications']
  /** Notifies every destination as if the alert had fired; false when already done within this minute. */
  test(alert: Alert): Promise<boolean>
  /** One sentence for each URL that the egress guard refuses. */
  findRefusedUrls(destinations: readonly PlainDestination[]): string[]
  seal(destinations: readonly PlainDestination[]): Destination[]
  /** A destination as shown in the API, shortened to be recognisable. */
  mask(destination: Destination): { type: string; url?: string; address?: string }
  /** Counts stored triggers and delivers their notifications. */
  announce(triggers: number): void
}

interface AlertManagementServices {
  store: AlertStore
  box: SecretBox
  guard: Pick<EgressGuard, 'checkUrl'>
  hasMail: boolean
  /** Starts the delivery of stored notifications. */
  wake: () => void
  announce: AlertManagement['announce']
  /** ms since the epoch. */
  now: () => number
}

export function createAlertManagement({
  store,
  box,
  guard,
  hasMail,
  wake,
  announce,
  now,
}: AlertManagementServices): AlertManagement {
  return {
    hasMail,
    announce,
    find: store.findAlert,
    list: store.listAlerts,
    add: (siteId, fields, actor) => store.addAlert(siteId, fields, { actor, at: now() }),
    update: (id, changes, actor) => store.updateAlert(id, changes, { actor, at: now() }),
    remove: (id, actor) => store.removeAlert(id, { actor, at: now() }),
    listNotifications: store.listNotifications,
    async test(alert) {
      const isNew = await store.putNotifications(alert, describeTest(alert, now()))
      if (isNew) wake()
      return isNew
    },
    findRefusedUrls: (destinations) =>
      destinations.flatMap((destination, index) => {
        const checked = destination.type === 'slack' ? guard.checkUrl(destination.url) : undefined
        return checked && 'refusal' in checked ? [`${index + 1}: ${checked.refusal}`] : []
      }),
    seal: (destinations) =>
      destinations.map((destination) =>
        destination.type === 'webhook'
          ? destination
          : {
              type: destination.type,
              sealed: box.seal(destination.type === 'slack' ? destination.url : destination.address),
            },
      ),
    mask(destination) {
      if (destination.type === 'webhook') return { type: 'webhook' }
      const text = openOrHide(box, destination.sealed)
      return destination.type === 'email'
        ? { type: 'email', address: text }
        : { type: 'slack', url: text && `${new URL(text).origin}/…` }
    },
  }
}

/** Empty when sealed with another master key: lists still work, and notifications report the error. */
function openOrHide(box: Pick<SecretBox, 'open'>, sealed: string): string {
  try {
    return box.open(sealed)
  } catch {
    return ''
  }
}

/** What a body says of an alert; destinations as they were written, not sealed. */
export type ParsedAlert = Omit<AlertFields, 'destinations'> & {
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
const readAlertName: Read<string> = (value, refuse) => parseName(value) ?? void refuse(NAME_RULE)
const readSiteId: Read<string> = (value, refuse) =>
  typeof value === 'string' ? value : void refuse('must be the id of a site')
const readBoolean: Read<boolean> = (value, refuse) =>
  typeof value === 'boolean' ? value : void refuse('must be true or false')
const readCurrency: Read<string> = (value, refuse) =>
  typeof value === 'string' && /^[A-Z]{3}$/.test(value)
    ? value
    : void refuse('must be a code of ISO 4217, such as EUR')

const FIELDS: {
  [wire: string]: { [Key in keyof ParsedAlert]: [Key, Read<ParsedAlert[Key]>] }[keyof ParsedAlert]
} = {
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
  destinations: ['destinations', (value, refuse, { hasMail }) => parseDestinations(value, refuse, hasMail)],
}
const ALWAYS = ['name', 'active', 'destinations']
const ONLY_NEW = ['site_id', 'metric']
const REQUIRED = ['site_id', 'name', 'metric', 'threshold', 'window_minutes']

/**
 * Reads an alert by the names on the wire: a new one, completed with defaults, or a change of one on `metric`.
 * `faults` lists everything that is wrong, missing or unknown; with faults, the fields mean nothing.
 */
export function parseAlertFields(
  body: unknown,
  { metric: known, hasMail }: { metric?: Metric; hasMail: boolean },
): { fields: Partial<ParsedAlert>; faults: Fault[] } {
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

/** Where an alert is told, as its owner writes it: a URL for Slack, an address for mails. */
type PlainDestination =
  { type: 'webhook' } | { type: 'slack'; url: string } | { type: 'email'; address: string }

const MAX_DESTINATIONS = 5
const MAX_ADDRESS_LENGTH = 254
const MAX_URL_LENGTH = 2_048
// One mailbox and nothing else: no list, no name, no quotes, nothing that a header could be ended with.
const ADDRESS =
  /^[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i
const VALUE_FIELDS: Record<DestinationType, string | undefined> = {
  webhook: undefined,
  slack: 'url',
  email: 'address',
}

/** Reads the destinations of an alert; `refuse` is told everything that is wrong. Whether a URL may be called is decided elsewhere. */
function parseDestinations(
  value: unknown,
  refuse: (reason: string) => void,
  hasMail: boolean,
): PlainDestination[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_DESTINATIONS)
    return void refuse(`must be an array of 1 to ${MAX_DESTINATIONS} destinations`)
  const read = value.map((entry: unknown, index) =>
    readDestination(entry, (reason) => refuse(`${index + 1}: ${reason}`), hasMail),
  )
  const found = read.filter((destination) => destination !== undefined)
  if (new Set(found.map((destination) => JSON.stringify(destination))).size < found.length)
    refuse('must not name one destination twice')
  return found.length === read.length ? found : undefined
}

function readDestination(
  entry: unknown,
  refuse: (reason: string) => void,
  hasMail: boolean,
): PlainDestination | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return void refuse('must be an object')
  const { type, ...rest } = entry as Record<string, unknown>
  if (!DESTINATION_TYPES.includes(type as DestinationType))
    return void refuse(`type must be one of ${DESTINATION_TYPES.join(', ')}`)
  const field = VALUE_FIELDS[type as DestinationType]
  const others = Object.keys(rest).filter((key) => key !== field)
  if (others.length > 0)
    return void refuse(
      field === undefined ? 'has nothing beside its type' : `has nothing beside type and ${field}`,
    )
  const value = field === undefined ? undefined : rest[field]
  switch (type as DestinationType) {
    case 'webhook':
      return { type: 'webhook' }
    case 'slack':
      return isWhole(value)
        ? { type: 'slack', url: value }
        : void refuse(
            `url must be the whole URL of an incoming webhook, at most ${MAX_URL_LENGTH} characters`,
          )
    case 'email':
      if (!hasMail)
        return void refuse('this collector has no mail server: SMTP_URL and MAIL_FROM are not set')
      return isAddress(value)
        ? { type: 'email', address: value }
        : void refuse('address must be one e-mail address')
  }
}

/** Whether a text is one e-mail address. */
export function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ADDRESS_LENGTH && ADDRESS.test(value)
}

/** A masked one, as the list shows it, ends with `…` and would be kept as if it were the URL. */
function isWhole(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_URL_LENGTH && !value.includes('…')
}
