import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { remember } from '../ingest/remember.js'
import type { GeoProvider } from './geo-provider.js'

// About 2 MB. A lookup costs some microseconds, most of them for parsing the address.
const MAX_REMEMBERED = 20_000
const COUNTRY = /^[A-Z]{2}$/

/** Countries by public address, IPv4 ones in dotted form. Private, loopback and other special addresses are in no country. */
export function createAddressGeo(lookUp: (address: string) => string | null | undefined): GeoProvider {
  const countryOf = remember((ip) => {
    const address = ipaddr.process(ip)
    if (address.range() !== 'unicast') return ''
    const country = lookUp(address.toString()) ?? ''
    return COUNTRY.test(country) ? country : ''
  }, MAX_REMEMBERED)
  // Before it is remembered: what is no address may be long.
  return { countryOf: ({ ip }) => (isIP(ip) ? countryOf(ip) : '') }
}
