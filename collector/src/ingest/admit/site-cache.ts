import { AgedMap } from '../../cache.js'
import type { ControlStore } from '../../control/control-store.js'
import type { Site } from '../../control/sites.js'

const KEEP_MS = 2_000
const MAX_CODES = 10_000

export interface SiteCache {
  find(trackingCode: string): Promise<Site | undefined>
  /** The site was changed or removed by this process: the next `find` asks the store. */
  forget(trackingCode: string): void
}

/** Finds sites by tracking code, at most two seconds behind what other processes change; unknown codes are remembered too. */
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
