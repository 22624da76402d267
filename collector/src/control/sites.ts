import { domainToASCII } from 'node:url'
import type { Fault } from '@zenovay/tracker/contract'
import { NAME_RULE, parseName } from '../http/fields.js'

export interface Site {
  /** `ws_…` */
  id: string
  accountId: string
  /** `ZV_…` */
  trackingCode: string
  /** Host name of the site; its sub-domains belong to it. */
  domain: string
  name: string
  /** Other host names that may send events. */
  allowedDomains: string[]
  /** IANA name, such as `Europe/Zurich`. */
  timeZone: string
  /** Older events are deleted. */
  retentionMonths: number
  /** ms since the epoch. */
  createdAt: number
}

/** What may be chosen of a site. */
export type SiteFields = Pick<Site, 'domain' | 'name' | 'allowedDomains' | 'timeZone' | 'retentionMonths'>

/** A new site; what is left out has its default. */
export type NewSite = Pick<SiteFields, 'domain' | 'name' | 'allowedDomains'> &
  Partial<SiteFields> &
  Partial<Pick<Site, 'accountId'>>

export const DEFAULT_TIME_ZONE = 'UTC'
export const DEFAULT_RETENTION_MONTHS = 25

/** A site that was removed, until its events are gone. */
export interface Removal {
  siteId: string
  /** ms since the epoch. */
  removedAt: number
}

export const MAX_RETENTION_MONTHS = 120
const MAX_ALLOWED_DOMAINS = 100
const NOT_A_DOMAIN = 'is not a domain; write a host name without scheme, port or path, such as example.com'

type Read<Value> = (value: unknown, refuse: (reason: string) => void) => Value | undefined

const readSiteName: Read<string> = (value, refuse) => {
  const name = parseName(value)
  if (name === undefined) refuse(NAME_RULE)
  return name
}

const readHost: Read<string> = (value, refuse) => {
  const host = typeof value === 'string' ? parseDomain(value) : undefined
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
  const zone = typeof value === 'string' ? parseTimeZone(value) : undefined
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
export function parseSiteFields(body: unknown): { fields: Partial<SiteFields>; faults: Fault[] } {
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

// What URLs hold beside a host: a scheme, port, path or user means that more than a host was written.
const NOT_A_HOST = /[\s/\\:?#@%]/
const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/
const IPV6 = /^\[[0-9a-f:.]+\]$/

/**
 * The host name as browsers write it in `Origin`: lower case, letters beyond ASCII as punycode.
 * Undefined when it is none.
 */
export function parseDomain(text: string): string | undefined {
  const host = text.trim().toLowerCase()
  if (IPV6.test(host)) return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined
  if (NOT_A_HOST.test(host)) return undefined
  const ascii = domainToASCII(host)
  return HOST_NAME.test(ascii) ? ascii : undefined
}

// Newer engines take offsets such as +01:00 as well, which know no summer time.
const IANA_NAME = /^[a-z][a-z0-9_+/-]*$/i

/** The IANA time zone of a name, in its usual spelling; undefined when there is none. */
export function parseTimeZone(name: string): string | undefined {
  if (!IANA_NAME.test(name)) return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    // An alias such as Asia/Kolkata may be resolved to an older name: then what was written is kept.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
  } catch {
    return undefined
  }
}
