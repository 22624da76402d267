import type { Account } from './accounts.js'
import type { Change } from './change-log.js'
import type { ApiKey, KeyReach, ListedApiKey } from './keys/api-key.js'
import type { KeyUsage } from './keys/usage.js'
import type { NewSite, Removal, Site, SiteFields } from './sites.js'

export const ERROR_GROUP_STATUSES = ['open', 'resolved', 'ignored'] as const
export type ErrorGroupStatus = (typeof ERROR_GROUP_STATUSES)[number]

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
