import { createBundledGeo } from './create-bundled-geo.js'
import { createCdnGeo } from './create-cdn-geo.js'
import type { GeoProvider } from './geo-provider.js'
import { openMmdbGeo } from './open-mmdb-geo.js'

/** The CDN's word first, then the operator's file or, without one, the data set that is installed with the collector. */
export async function openGeo(databaseFile: string | undefined): Promise<GeoProvider> {
  const cdn = createCdnGeo()
  const addresses = databaseFile === undefined ? createBundledGeo() : await openMmdbGeo(databaseFile)
  return { countryOf: (connection) => cdn.countryOf(connection) || addresses.countryOf(connection) }
}
