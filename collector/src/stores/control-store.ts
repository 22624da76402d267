export interface Site {
  /** `ws_…` */
  id: string
  /** `ZV_…` */
  trackingCode: string
  /** Host name of the site; its sub-domains belong to it. */
  domain: string
  name: string
  /** Other host names that may send events. */
  allowedDomains: string[]
  /** IANA name, such as `Europe/Zurich`. */
  timeZone: string
  /** Older events are deleted. */
  retentionMonths: number
  /** ms since the epoch. */
  createdAt: number
}

/** What may be chosen of a site. */
export type SiteFields = Pick<Site, 'domain' | 'name' | 'allowedDomains' | 'timeZone' | 'retentionMonths'>

/** A new site; what is left out has its default. */
export type NewSite = Pick<SiteFields, 'domain' | 'name' | 'allowedDomains'> & Partial<SiteFields>

export const DEFAULT_TIME_ZONE = 'UTC'
export const DEFAULT_RETENTION_MONTHS = 25

/** What a key may do; each includes those before it. */
export const KEY_SCOPES = ['read', 'write', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

export interface ApiKey {
  id: string
  /** SHA-256 of the whole key, hex. The key itself is stored nowhere. */
  hash: string
  name: string
  /** The one site it is for; null for all. */
  siteId: string | null
  scope: KeyScope
  createdAt: number
}

/** A site that was removed, until its events are gone. */
export interface Removal {
  siteId: string
  /** ms since the epoch. */
  removedAt: number
}

/** Where sites and API keys live: small data, read often, changed rarely. */
export interface ControlStore {
  addSite(site: NewSite): Promise<Site>
  /** Changes the named fields; undefined when there is no such site. */
  updateSite(id: string, changes: Partial<SiteFields>): Promise<Site | undefined>
  /** Removes a site with its keys and remembers that its events must go, in one transaction; false when there is none. */
  removeSite(id: string): Promise<boolean>
  /** Removed sites whose events may not all be deleted yet. */
  listRemovals(): Promise<Removal[]>
  /** The events of a removed site are gone. */
  finishRemoval(siteId: string): Promise<void>
  listSites(): Promise<Site[]>
  findSiteByCode(trackingCode: string): Promise<Site | undefined>
  findSite(id: string): Promise<Site | undefined>
  addApiKey(key: ApiKey): Promise<void>
  findApiKey(id: string): Promise<ApiKey | undefined>
  /** Writes a copy to a new file: what was there at one moment, also while others write. */
  copyTo(file: string): Promise<void>
  close(): Promise<void>
}
