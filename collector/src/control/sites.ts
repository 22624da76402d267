import { domainToASCII } from 'node:url'
import { type Static, Type } from '@sinclair/typebox'
import { field, NAME } from '../http/fields.js'

export interface Site {
  /** ID of the site, such as `ws_…`. */
  id: string
  accountId: string
  /** Tracking code of the site, such as `ZV_…`. */
  trackingCode: string
  /** Main host name of the site. All its subdomains may send events, too. */
  domain: string
  name: string
  /**
   * Additional host names that may send events, together with their subdomains. With {@link OPAQUE_ORIGIN},
   * pages with an opaque origin may send events, too.
   */
  allowedDomains: string[]
  /** IANA name of the time zone, such as `Europe/Zurich`. */
  timeZone: string
  /** Number of months for which events are stored. Older events are deleted. */
  retentionMonths: number
  /**
   * Names of the query parameters that hold what visitors searched for on the site. Of several in one URL, the first of
   * this list counts.
   */
  searchParameters: string[]
  /** Unix time in milliseconds. */
  createdAt: number
}

/** The fields of a site that can be changed. */
export type SiteFields = Pick<
  Site,
  'domain' | 'name' | 'allowedDomains' | 'timeZone' | 'retentionMonths' | 'searchParameters'
>

/** The fields of a new site. Defaults apply to omitted fields. */
export type NewSite = Pick<SiteFields, 'domain' | 'name' | 'allowedDomains'> &
  Partial<SiteFields> &
  Partial<Pick<Site, 'accountId'>>

/**
 * The `Origin` header of pages with an opaque origin: sandboxed frames without `allow-same-origin`, and `data:`
 * URLs.
 */
export const OPAQUE_ORIGIN = 'null'

export const DEFAULT_TIME_ZONE = 'UTC'
export const DEFAULT_RETENTION_MONTHS = 25
// The names that most search forms use. `keyword`, `keywords` and `k` are not among them, because the links of
// advertisements carry the keyword that was bid on in them.
export const DEFAULT_SEARCH_PARAMETERS: readonly string[] = ['q', 'query', 'search', 's']

/** A removed site whose events are not completely deleted yet. */
export interface Removal {
  siteId: string
  /** Unix time in milliseconds. */
  removedAt: number
}

const MAX_RETENTION_MONTHS = 120
export const MAX_ALLOWED_DOMAINS = 100
const MAX_SEARCH_PARAMETERS = 10
const MAX_PARAMETER_LENGTH = 64
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
      Type.Array(Type.String(), {
        description:
          'Other hosts whose pages may send events. Pages of `domain` and its subdomains always may. The text `null` stands for opaque origins, such as sandboxed frames.',
      }),
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
    search_parameters: field<string[]>(
      Type.Array(Type.String(), {
        description:
          'Query parameters that hold what visitors searched for on the site, most important first. An empty list switches the report of searches off.',
      }),
      { parse: parseSearchParameters },
    ),
  }),
).properties

export const NEW_SITE = Type.Object({ ...DOMAIN, ...SETTINGS })
export const SITE_CHANGES = Type.Object({ domain: Type.Optional(HOST), ...SETTINGS })

/** Converts a validated request body into site fields. Fields that the body does not contain are omitted. */
export function toSiteFields({
  domain,
  name,
  allowed_domains: allowedDomains,
  time_zone: timeZone,
  retention_months: retentionMonths,
  search_parameters: searchParameters,
}: Partial<Static<typeof NEW_SITE>>): Partial<SiteFields> {
  return {
    ...(domain !== undefined && { domain }),
    ...(name !== undefined && { name }),
    ...(allowedDomains !== undefined && { allowedDomains }),
    ...(timeZone !== undefined && { timeZone }),
    ...(retentionMonths !== undefined && { retentionMonths }),
    ...(searchParameters !== undefined && { searchParameters }),
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

// Parameters of frameworks have brackets, such as `filters[query]`. All other characters of a name would have to be
// percent-encoded, or they separate parameters.
const PARAMETER = /^[\p{L}\p{N}_.:~$[\]-]+$/u

function parseSearchParameters(value: unknown, addIssue: (reason: string) => void): string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_SEARCH_PARAMETERS)
    return void addIssue(`must be an array of at most ${MAX_SEARCH_PARAMETERS} names of query parameters`)
  for (const name of value)
    if (typeof name !== 'string') addIssue('must be a string')
    else if (name.length > MAX_PARAMETER_LENGTH || !PARAMETER.test(name))
      addIssue(
        `"${name.slice(0, MAX_PARAMETER_LENGTH)}" is not the name of a query parameter: 1 to ${MAX_PARAMETER_LENGTH} letters, digits or _ . : ~ $ [ ] -`,
      )
  return [...new Set(value as string[])]
}

// Characters that no host name contains: whitespace, `%`, and the characters that separate the parts of a
// URL.
const NOT_A_HOST = /[\s/\\:?#@%]/
const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/
const IPV6 = /^\[[0-9a-f:.]+\]$/

/**
 * Converts a host name to the form that the `Origin` header uses, which is lower case with non-ASCII
 * characters in Punycode. Returns undefined if the text is not a host name.
 */
export function parseDomain(text: string): string | undefined {
  const host = text.trim().toLowerCase()
  if (IPV6.test(host)) return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined
  if (NOT_A_HOST.test(host)) return undefined
  const ascii = domainToASCII(host)
  return HOST_NAME.test(ascii) ? ascii : undefined
}

// Rejects offsets such as +01:00, which newer JavaScript engines accept, because they ignore daylight saving
// time.
const IANA_NAME = /^[a-z][a-z0-9_+/-]*$/i

/**
 * Returns an IANA time zone name in its usual upper and lower case, or undefined if the time zone does not
 * exist.
 */
export function parseTimeZone(name: string): string | undefined {
  if (!IANA_NAME.test(name)) return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    // The engine may replace an alias such as Asia/Kolkata with an older name. In this case, keep the name as
    // entered.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
  } catch {
    return undefined
  }
}
