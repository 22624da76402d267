import { domainToASCII } from 'node:url'
import { type Static, Type } from '@sinclair/typebox'
import { field, NAME } from '../http/fields.js'

export interface Site {
  /** `ws_…` */
  id: string
  accountId: string
  /** The tracking code, `ZV_…` */
  trackingCode: string
  /** Host name of the site; includes its sub-domains. */
  domain: string
  name: string
  /** Other host names that may send events. */
  allowedDomains: string[]
  /** IANA name, such as `Europe/Zurich`. */
  timeZone: string
  /** The retention of events: older ones are deleted. */
  retentionMonths: number
  /** ms since the epoch. */
  createdAt: number
}

/** The settings of a site. */
export type SiteFields = Pick<Site, 'domain' | 'name' | 'allowedDomains' | 'timeZone' | 'retentionMonths'>

/** A new site. Missing fields have their defaults. */
export type NewSite = Pick<SiteFields, 'domain' | 'name' | 'allowedDomains'> &
  Partial<SiteFields> &
  Partial<Pick<Site, 'accountId'>>

export const DEFAULT_TIME_ZONE = 'UTC'
export const DEFAULT_RETENTION_MONTHS = 25

/** A removed site whose events are not all deleted yet. */
export interface Removal {
  siteId: string
  /** ms since the epoch. */
  removedAt: number
}

const MAX_RETENTION_MONTHS = 120
const MAX_ALLOWED_DOMAINS = 100
const NOT_A_DOMAIN = 'is not a domain; write a host name without scheme, port or path, such as example.com'

const HOST = field<string>(Type.String({ description: 'A host name.' }), {
  parse: parseHost,
  reason: 'must be a host name, such as example.com',
})

const DOMAIN = { domain: HOST }
const SETTINGS = Type.Partial(
  Type.Object({
    name: NAME,
    allowed_domains: field<string[]>(
      Type.Array(Type.String(), { description: 'Hosts whose pages may send events; empty: any.' }),
      { parse: parseHosts },
    ),
    time_zone: field<string>(Type.String({ description: 'IANA name; reports count days in it.' }), {
      parse: (value) => (typeof value === 'string' ? parseTimeZone(value) : undefined),
      reason: 'must be the IANA name of a time zone, such as Europe/Zurich',
    }),
    retention_months: Type.Integer({
      description: 'Older events are deleted.',
      minimum: 1,
      maximum: MAX_RETENTION_MONTHS,
    }),
  }),
).properties

export const NEW_SITE = Type.Object({ ...DOMAIN, ...SETTINGS })
export const SITE_CHANGES = Type.Object({ domain: Type.Optional(HOST), ...SETTINGS })

/** The fields of a checked body. */
export function toSiteFields({
  domain,
  name,
  allowed_domains: allowedDomains,
  time_zone: timeZone,
  retention_months: retentionMonths,
}: Partial<Static<typeof NEW_SITE>>): Partial<SiteFields> {
  return {
    ...(domain !== undefined && { domain }),
    ...(name !== undefined && { name }),
    ...(allowedDomains !== undefined && { allowedDomains }),
    ...(timeZone !== undefined && { timeZone }),
    ...(retentionMonths !== undefined && { retentionMonths }),
  }
}

function parseHost(value: unknown, addIssue: (reason: string) => void): string | undefined {
  const host = typeof value === 'string' ? parseDomain(value) : undefined
  if (host === undefined)
    addIssue(typeof value === 'string' ? `"${value.slice(0, 100)}" ${NOT_A_DOMAIN}` : 'must be a string')
  return host
}

function parseHosts(value: unknown, addIssue: (reason: string) => void): string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ALLOWED_DOMAINS)
    return void addIssue(`must be an array of at most ${MAX_ALLOWED_DOMAINS} domains`)
  const hosts = value.map((entry) => parseHost(entry, addIssue))
  return [...new Set(hosts.filter((host) => host !== undefined))]
}

// Characters that no host name contains: whitespace, `%`, and the delimiters of the other parts of a URL.
const NOT_A_HOST = /[\s/\\:?#@%]/
const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/
const IPV6 = /^\[[0-9a-f:.]+\]$/

/**
 * A host name in the form of the `Origin` header: lower case, letters beyond ASCII as punycode. Returns
 * undefined when it is not a host name.
 */
export function parseDomain(text: string): string | undefined {
  const host = text.trim().toLowerCase()
  if (IPV6.test(host)) return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined
  if (NOT_A_HOST.test(host)) return undefined
  const ascii = domainToASCII(host)
  return HOST_NAME.test(ascii) ? ascii : undefined
}

// Newer engines accept offsets such as +01:00, which have no daylight saving time.
const IANA_NAME = /^[a-z][a-z0-9_+/-]*$/i

/** The IANA time zone of a name in any case, in its usual spelling; undefined when there is none. */
export function parseTimeZone(name: string): string | undefined {
  if (!IANA_NAME.test(name)) return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    // An alias such as Asia/Kolkata may resolve to an older name; then the given one is kept.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
  } catch {
    return undefined
  }
}
