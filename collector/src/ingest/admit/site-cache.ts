import { isTrackingCode } from '@zenovay/tracker/contract'
import { AgedMap } from '../../cache.js'
import type { ControlStore } from '../../control/control-store.js'
import type { Site } from '../../control/sites.js'
import { ApiError } from '../../errors.js'

const KEEP_MS = 2_000
const MAX_CODES = 10_000

export interface SiteCache {
  find(trackingCode: string): Promise<Site | undefined>
  /** Deletes the cache entry of a site that this process has changed or removed. */
  forget(trackingCode: string): void
}

/**
 * Creates a cache of sites by tracking code. Each result is cached for two seconds, even if no site was
 * found. Changes by other processes therefore take effect within two seconds.
 */
export function createSiteCache(control: Pick<ControlStore, 'findSiteByCode'>, now: () => number): SiteCache {
  const sites = new AgedMap<string, { at: number; site: Promise<Site | undefined> }>()
  return {
    find(trackingCode) {
      const known = sites.get(trackingCode)
      if (known && now() - known.at < KEEP_MS) return known.site
      const site = control.findSiteByCode(trackingCode)
      sites.renew(trackingCode, { at: now(), site })
      if (sites.size > MAX_CODES) sites.dropOldest()
      site.catch(() => sites.delete(trackingCode))
      return site
    },
    forget: (trackingCode) => void sites.delete(trackingCode),
  }
}

/**
 * Returns the site with this tracking code, or throws `UNKNOWN_TRACKING_CODE` if there is no such site. A
 * string that does not have the format of a tracking code is rejected without a lookup.
 */
export async function requireSite(findSite: SiteCache['find'], trackingCode: string): Promise<Site> {
  const site = isTrackingCode(trackingCode) ? await findSite(trackingCode) : undefined
  if (!site) throw new ApiError('UNKNOWN_TRACKING_CODE')
  return site
}
