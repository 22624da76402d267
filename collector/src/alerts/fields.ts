import { type Static, Type } from '@sinclair/typebox'
import { type AddIssue, field, NAME, oneOf, SITE_ID } from '../http/fields.js'
import {
  type AlertFields,
  COMPARISONS,
  DESTINATION_TYPES,
  type DestinationType,
  type Metric,
  METRIC_RULES,
  METRICS,
} from './alert.js'

/** A destination whose Slack URL or email address is not encrypted yet. */
export type PlainDestination =
  { type: 'webhook' } | { type: 'slack'; url: string } | { type: 'email'; address: string }

/** The fields of an alert whose destinations are not encrypted yet. */
export type PlainAlertFields = Omit<AlertFields, 'destinations'> & { destinations: PlainDestination[] }

const MAX_WINDOW_MINUTES = 24 * 60
const MAX_COOL_DOWN_MINUTES = 7 * 24 * 60
const LARGEST = 1_000_000_000_000
export const MAX_DESTINATIONS = 5
const MAX_ADDRESS_LENGTH = 254
const MAX_URL_LENGTH = 2_048

const DESTINATION = Type.Union([
  Type.Object({ type: Type.Literal('webhook') }),
  Type.Object({ type: Type.Literal('slack'), url: Type.String({ description: 'Incoming webhook URL.' }) }),
  Type.Object({ type: Type.Literal('email'), address: Type.String() }),
])

/** The fields that the owner of an alert can set. Some metrics do not support all of these fields. */
export const ALERT_FIELDS = {
  name: NAME,
  threshold: Type.Number({ minimum: 0, maximum: LARGEST, description: 'In the unit of the metric.' }),
  window_minutes: Type.Integer({ minimum: 1, maximum: MAX_WINDOW_MINUTES }),
  comparison: oneOf(COMPARISONS, { default: '>' }),
  hysteresis: Type.Number({
    minimum: 0,
    maximum: LARGEST,
    default: 0,
    description: 'Distance from the threshold that the value must reach before the alert can fire again.',
  }),
  minimum_volume: Type.Integer({
    minimum: 0,
    maximum: LARGEST,
    default: 0,
    description: 'With fewer visitors the state of the alert stays as it is.',
  }),
  cool_down_minutes: Type.Integer({
    minimum: 0,
    maximum: MAX_COOL_DOWN_MINUTES,
    default: 0,
    description: 'Time without notifications after the alert fired.',
  }),
  active: Type.Boolean({ default: true }),
}

const CURRENCY = field<string>(
  Type.String({ description: 'ISO 4217; for the metric revenue only.', default: 'USD' }),
  {
    parse: (value) => (typeof value === 'string' && /^[A-Z]{3}$/.test(value) ? value : undefined),
    reason: 'must be a code of ISO 4217, such as EUR',
  },
)
const DESTINATIONS = field<PlainDestination[]>(
  Type.Array(DESTINATION, { minItems: 1, maxItems: MAX_DESTINATIONS }),
  { parse: parseDestinations },
)

const CHANGES = Type.Partial(
  Type.Object({ ...ALERT_FIELDS, currency: CURRENCY, destinations: DESTINATIONS }),
).properties

export const NEW_ALERT = Type.Object({
  site_id: SITE_ID,
  metric: oneOf(METRICS),
  ...CHANGES,
  name: NAME,
})
export const ALERT_CHANGES = Type.Object(CHANGES)

type AlertChanges = Static<typeof ALERT_CHANGES>

interface AlertContext {
  /** Metric of the alert, or undefined if the request body for a new alert contains no valid metric. */
  metric: Metric | undefined
  /** Whether the alert is being created. If so, all required fields of its metric must be present. */
  isNew: boolean
  /** Whether the collector has a mail server. */
  hasMail: boolean
  /**
   * Returns the reason why the collector must not send requests to a URL, or undefined if the URL is allowed.
   */
  findUrlIssue(url: string): string | undefined
}

const ALWAYS = ['site_id', 'metric', 'name', 'active', 'destinations']

/**
 * Adds an issue for each field that violates the rules of the metric, and for each destination that this
 * collector cannot send to.
 */
export function refineAlert(
  alert: Partial<AlertChanges>,
  addIssue: AddIssue,
  { metric, isNew, hasMail, findUrlIssue }: AlertContext,
): void {
  const rule = metric && METRIC_RULES[metric]
  if (rule)
    for (const name of Object.keys(alert))
      if (![...ALWAYS, ...rule.fields].includes(name))
        addIssue(name, `must be left out of an alert on ${metric}`)
  if (rule?.fields.includes('threshold') && (alert.threshold ?? 0) > rule.largestThreshold)
    addIssue('threshold', `must be a number from 0 to ${rule.largestThreshold}`)
  if (isNew && alert.threshold === undefined && rule?.defaults.threshold === undefined)
    addIssue('threshold', 'is missing')
  if (isNew && alert.window_minutes === undefined && rule?.defaults.windowMinutes === undefined)
    addIssue('window_minutes', 'is missing')

  for (const [index, destination] of (alert.destinations ?? []).entries()) {
    const reason =
      destination.type === 'slack'
        ? findUrlIssue(destination.url)
        : destination.type === 'email' && !hasMail
          ? 'this collector has no mail server: SMTP_URL, MAIL_FROM and PUBLIC_URL are not set'
          : undefined
    if (reason !== undefined) addIssue('destinations', `${index + 1}: ${reason}`)
  }
}

/** Converts a validated request body into alert fields. Fields that the body does not contain are omitted. */
export function toAlertChanges({
  window_minutes: windowMinutes,
  minimum_volume: minimumVolume,
  cool_down_minutes: coolDownMinutes,
  active: isActive,
  ...same
}: AlertChanges): Partial<PlainAlertFields> {
  const { name, threshold, comparison, hysteresis, currency, destinations } = same
  const changes = {
    name,
    threshold,
    comparison,
    hysteresis,
    currency,
    destinations,
    windowMinutes,
    minimumVolume,
    coolDownMinutes,
    isActive,
  }
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

/** Converts a validated request body into the fields of a new alert, including the defaults of its metric. */
export function toNewAlert({ metric, ...body }: Static<typeof NEW_ALERT>): PlainAlertFields {
  return {
    isActive: true,
    destinations: [{ type: 'webhook' }],
    ...METRIC_RULES[metric].defaults,
    ...toAlertChanges(body),
    metric,
  } as PlainAlertFields
}

// Matches a single email address. Rejects lists, display names, quotes and characters that could end a mail
// header.
const ADDRESS =
  /^[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i
const VALUE_FIELDS: Record<DestinationType, string | undefined> = {
  webhook: undefined,
  slack: 'url',
  email: 'address',
}

function parseDestinations(
  value: unknown,
  addIssue: (reason: string) => void,
): PlainDestination[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_DESTINATIONS)
    return void addIssue(`must be an array of 1 to ${MAX_DESTINATIONS} destinations`)
  const destinations = value
    .map((entry: unknown, index) => parseDestination(entry, (reason) => addIssue(`${index + 1}: ${reason}`)))
    .filter((destination) => destination !== undefined)
  if (new Set(destinations.map((destination) => JSON.stringify(destination))).size < destinations.length)
    addIssue('must not contain a destination twice')
  return destinations
}

function parseDestination(entry: unknown, addIssue: (reason: string) => void): PlainDestination | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return void addIssue('must be an object')
  const { type, status, ...fields } = entry as Record<string, unknown>
  // Responses show the status of an address. It is ignored, so that what was read can be sent back.
  const rest = type === 'email' || status === undefined ? fields : { ...fields, status }
  if (!DESTINATION_TYPES.includes(type as DestinationType))
    return void addIssue(`type must be one of ${DESTINATION_TYPES.join(', ')}`)
  const name = VALUE_FIELDS[type as DestinationType]
  if (Object.keys(rest).some((key) => key !== name))
    return void addIssue(
      name === undefined ? 'must have only the field type' : `must have only the fields type and ${name}`,
    )
  const value = name === undefined ? undefined : rest[name]
  switch (type as DestinationType) {
    case 'webhook':
      return { type: 'webhook' }
    case 'slack':
      return isWholeUrl(value)
        ? { type: 'slack', url: value }
        : void addIssue(
            `url must be the whole URL of an incoming webhook, at most ${MAX_URL_LENGTH} characters`,
          )
    case 'email':
      return isAddress(value)
        ? { type: 'email', address: value }
        : void addIssue('address must be one e-mail address')
  }
}

/** Checks whether a value is a single email address. */
export function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ADDRESS_LENGTH && ADDRESS.test(value)
}

/**
 * Checks whether a value can be a complete URL. Rejects the shortened URLs that the API returns, which
 * contain `…`, because they must not overwrite the stored URL.
 */
function isWholeUrl(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_URL_LENGTH && !value.includes('…')
}
