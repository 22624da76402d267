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
  /** ms since the epoch. */
  createdAt: number
}

export interface ApiKey {
  id: string
  /** SHA-256 of the whole key, hex. The key itself is stored nowhere. */
  hash: string
  name: string
  /** The one site it may read; null for all. */
  siteId: string | null
  createdAt: number
}

/** Where sites and API keys live: small data, read often, changed rarely. */
export interface ControlStore {
  addSite(site: Omit<Site, 'id' | 'trackingCode' | 'createdAt'>): Promise<Site>
  listSites(): Promise<Site[]>
  findSiteByCode(trackingCode: string): Promise<Site | undefined>
  findSite(id: string): Promise<Site | undefined>
  addApiKey(key: ApiKey): Promise<void>
  findApiKey(id: string): Promise<ApiKey | undefined>
  close(): Promise<void>
}
