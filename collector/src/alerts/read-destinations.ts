import { DESTINATION_TYPES, type DestinationType } from './alert.js'

/** Where an alert is told, as its owner writes it: a URL for Slack, an address for mails. */
export type PlainDestination =
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
export function readDestinations(
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
