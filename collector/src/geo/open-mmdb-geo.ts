import { readFile } from 'node:fs/promises'
import { Reader, type CountryResponse } from 'mmdb-lib'
import { StartError, describeError } from '../errors.js'
import { createAddressGeo } from './create-address-geo.js'
import type { GeoProvider } from './geo-provider.js'

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
