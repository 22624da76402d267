import type { GeoProvider } from './geo-provider.js'

const COUNTRY = /^[a-z]{2}$/i
// Cloudflare's word for "unknown"; ISO leaves it to users. Tor is `T1`, which is no country code anyway.
const UNKNOWN = 'XX'

/** The country that a CDN in front of the collector says. */
export function createCdnGeo(): GeoProvider {
  return {
    countryOf({ cdnCountry }) {
      const country = COUNTRY.test(cdnCountry) ? cdnCountry.toUpperCase() : ''
      return country === UNKNOWN ? '' : country
    },
  }
}
