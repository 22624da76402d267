import type { KeyUsage } from '../auth/key-usage.js'
import type { PlanName } from '../auth/plans.js'
import type { Change } from './change-log.js'

/** A customer: sites, and keys that reach no others. */
export interface Account {
  /** `acc_…` */
  id: string
  name: string
  plan: PlanName
  /** ms since the epoch. */
  createdAt: number
}

/** The account of whatever is made without naming one. */
export const DEFAULT_ACCOUNT_ID = 'acc_default'

export interface Site {
  /** `ws_…` */
  id: string
  accountId: string
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
export type NewSite = Pick<SiteFields, 'domain' | 'name' | 'allowedDomains'> &
  Partial<SiteFields> &
  Partial<Pick<Site, 'accountId'>>

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
  accountId: string
  /** The one site it is for; null for all of its account. */
  siteId: string | null
  scope: KeyScope
  createdAt: number
}

/** A key as a list shows it. */
export interface ListedApiKey extends Omit<ApiKey, 'hash'> {
  /** Its last request of the External API that was not refused, ms since the epoch; null when there was none. */
  lastUsedAt: number | null
}

/** What a key reaches: one site or, with null, all of its account. */
export type KeyReach = Pick<ApiKey, 'accountId' | 'siteId'>

export const ERROR_GROUP_STATUSES = ['open', 'resolved', 'ignored'] as const
export type ErrorGroupStatus = (typeof ERROR_GROUP_STATUSES)[number]

/** A site that was removed, until its events are gone. */
export interface Removal {
  siteId: string
  /** ms since the epoch. */
  removedAt: number
}

/** Where accounts, sites and API keys live: small data, read often, changed rarely. */
export interface ControlStore {
  addAccount(account: Pick<Account, 'name' | 'plan'>): Promise<Account>
  /** Changes the named fields; undefined when there is no such account. */
  updateAccount(id: string, changes: Partial<Pick<Account, 'name' | 'plan'>>): Promise<Account | undefined>
  findAccount(id: string): Promise<Account | undefined>
  listAccounts(): Promise<Account[]>
  /** Adds a site to the default account unless it names another. */
  addSite(site: NewSite): Promise<Site>
  /** Changes the named fields; undefined when there is no such site. */
  updateSite(id: string, changes: Partial<SiteFields>): Promise<Site | undefined>
  /** Removes a site with its keys and webhooks and remembers that its events must go, in one transaction; false when there is none. @default the command line, now */
  removeSite(id: string, change?: Change): Promise<boolean>
  /** Removed sites whose events may not all be deleted yet. */
  listRemovals(): Promise<Removal[]>
  /** The events of a removed site are gone. */
  finishRemoval(siteId: string): Promise<void>
  /** The sites of every account. */
  listSites(): Promise<Site[]>
  listSitesOf(reach: KeyReach): Promise<Site[]>
  findSiteByCode(trackingCode: string): Promise<Site | undefined>
  findSite(id: string): Promise<Site | undefined>
  /** `actor` is the id of the key that makes it; null for the command line. @default null */
  addApiKey(key: ApiKey, actor?: string | null): Promise<void>
  findApiKey(id: string): Promise<ApiKey | undefined>
  /** The keys of every account. */
  listApiKeys(): Promise<ListedApiKey[]>
  /** The keys that reach nothing beyond `reach`. */
  listApiKeysOf(reach: KeyReach): Promise<ListedApiKey[]>
  /** False when there is no such key. @default the command line, now */
  removeApiKey(id: string, change?: Change): Promise<boolean>
  /**
   * Counts one request of a key at `now` (ms since the epoch), unless a limit of its plan is `exceeded`: then nothing is counted.
   * Resolves when that is on the disk, for every collector that shares the store; with undefined when there is no such key.
   */
  countRequest(
    keyId: string,
    now: number,
  ): Promise<{ usage: KeyUsage; exceeded: 'minute' | 'month' | undefined } | undefined>
  /** What a key has used at `now` (ms since the epoch); undefined when there is no such key. */
  readUsage(keyId: string, now: number): Promise<KeyUsage | undefined>
  /** Says what somebody decided about a group of errors, at `at` (ms since the epoch); nothing when the site is gone. */
  setErrorGroupStatus(
    siteId: string,
    change: { fingerprint: string; status: ErrorGroupStatus; at: number },
  ): Promise<void>
  /** What was decided, by fingerprint; groups nobody decided about are not in it. */
  errorGroupStatuses(siteId: string): Promise<Map<string, { status: ErrorGroupStatus; changedAt: number }>>
  /** Writes a copy to a new file: what was there at one moment, also while others write. */
  copyTo(file: string): Promise<void>
  close(): Promise<void>
}
