import type { Fault } from '@zenovay/tracker/contract'
import { NAME_RULE, readName } from '../read-name.js'
import type { SiteFields } from '../stores/control-store.js'
import { readDomain } from './read-domain.js'
import { readTimeZone } from './read-time-zone.js'

export const MAX_RETENTION_MONTHS = 120
const MAX_ALLOWED_DOMAINS = 100
const NOT_A_DOMAIN = 'is not a domain; write a host name without scheme, port or path, such as example.com'

type Read<Value> = (value: unknown, refuse: (reason: string) => void) => Value | undefined

const readSiteName: Read<string> = (value, refuse) => {
  const name = readName(value)
  if (name === undefined) refuse(NAME_RULE)
  return name
}

const readHost: Read<string> = (value, refuse) => {
  const host = typeof value === 'string' ? readDomain(value) : undefined
  if (host === undefined)
    refuse(typeof value === 'string' ? `"${value.slice(0, 100)}" ${NOT_A_DOMAIN}` : 'must be a text')
  return host
}

const readHosts: Read<string[]> = (value, refuse) => {
  if (!Array.isArray(value) || value.length > MAX_ALLOWED_DOMAINS)
    return void refuse(`must be an array of at most ${MAX_ALLOWED_DOMAINS} domains`)
  const hosts = value.map((entry) => readHost(entry, refuse))
  return [...new Set(hosts.filter((host) => host !== undefined))]
}

const readZone: Read<string> = (value, refuse) => {
  const zone = typeof value === 'string' ? readTimeZone(value) : undefined
  if (zone === undefined) refuse('must be the IANA name of a time zone, such as Europe/Zurich')
  return zone
}

const readMonths: Read<number> = (value, refuse) => {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_RETENTION_MONTHS)
    return value as number
  refuse(`must be a whole number from 1 to ${MAX_RETENTION_MONTHS}`)
}

const FIELDS: {
  [wire: string]: { [Key in keyof SiteFields]: [Key, Read<SiteFields[Key]>] }[keyof SiteFields]
} = {
  domain: ['domain', readHost],
  name: ['name', readSiteName],
  allowed_domains: ['allowedDomains', readHosts],
  time_zone: ['timeZone', readZone],
  retention_months: ['retentionMonths', readMonths],
}

/** Reads the fields of a site by their names on the wire. `faults` lists every one that is wrong or unknown. */
export function readSiteFields(body: unknown): { fields: Partial<SiteFields>; faults: Fault[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { fields: {}, faults: [{ field: 'body', reason: 'must be a JSON object' }] }
  const faults: Fault[] = []
  const fields: Partial<Record<keyof SiteFields, unknown>> = {}
  for (const [field, value] of Object.entries(body)) {
    const refuse = (reason: string) => void faults.push({ field: field.slice(0, 100), reason })
    const known = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
    if (!known) refuse(`is none of ${Object.keys(FIELDS).join(', ')}`)
    else fields[known[0]] = known[1](value, refuse)
  }
  return { fields: fields as Partial<SiteFields>, faults }
}
