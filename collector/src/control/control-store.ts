import type { Account } from './accounts.js'
import type { Change } from './change-log.js'
import type { ApiKey, KeyReach, ListedApiKey } from './keys/api-key.js'
import type { KeyUsage } from './keys/usage.js'
import type { NewSite, Removal, Site, SiteFields } from './sites.js'

export const ERROR_GROUP_STATUSES = ['open', 'resolved', 'ignored'] as const
export type ErrorGroupStatus = (typeof ERROR_GROUP_STATUSES)[number]

/** Stores accounts, sites and API keys: small data that is read often and changed rarely. */
export interface ControlStore {
  addAccount(account: Pick<Account, 'name' | 'plan'>): Promise<Account>
  /** Changes the given fields; resolves to undefined when there is no such account. */
  updateAccount(id: string, changes: Partial<Pick<Account, 'name' | 'plan'>>): Promise<Account | undefined>
  findAccount(id: string): Promise<Account | undefined>
  listAccounts(): Promise<Account[]>
  /** Adds a site, to the default account unless another is given. */
  addSite(site: NewSite): Promise<Site>
  /** Changes the given fields; resolves to undefined when there is no such site. */
  updateSite(id: string, changes: Partial<SiteFields>): Promise<Site | undefined>
  /**
   * Removes a site with its keys and webhooks, and records that its events must be deleted, in one
   * transaction; resolves to false when there is no such site.
   * @default change: the command line, now
   */
  removeSite(id: string, change?: Change): Promise<boolean>
  /** Lists removed sites whose events are not all deleted yet. */
  listRemovals(): Promise<Removal[]>
  /** Records that the events of a removed site are deleted. */
  finishRemoval(siteId: string): Promise<void>
  /** The sites of every account. */
  listSites(): Promise<Site[]>
  listSitesOf(reach: KeyReach): Promise<Site[]>
  findSiteByCode(trackingCode: string): Promise<Site | undefined>
  findSite(id: string): Promise<Site | undefined>
  /** `actor` is the ID of the key that creates it; null for the command line. @default null */
  addApiKey(key: ApiKey, actor?: string | null): Promise<void>
  findApiKey(id: string): Promise<ApiKey | undefined>
  /** The keys of every account. */
  listApiKeys(): Promise<ListedApiKey[]>
  /** The keys that reach no more than `reach`. */
  listApiKeysOf(reach: KeyReach): Promise<ListedApiKey[]>
  /** Resolves to false when there is no such key. @default change: the command line, now */
  removeApiKey(id: string, change?: Change): Promise<boolean>
  /**
   * Counts one request of a key at `now` (ms since the epoch), or none when a limit of its plan is
   * `exceeded`. Resolves when the count is on disk, for every collector that shares the store; with undefined
   * when there is no such key.
   */
  countRequest(
    keyId: string,
    now: number,
  ): Promise<{ usage: KeyUsage; exceeded: 'minute' | 'month' | undefined } | undefined>
  /** The usage of a key at `now` (ms since the epoch); undefined when there is no such key. */
  readUsage(keyId: string, now: number): Promise<KeyUsage | undefined>
  /**
   * Sets the status of a group of errors, at `at` (ms since the epoch). Does nothing when the site was
   * removed.
   */
  setErrorGroupStatus(
    siteId: string,
    change: { fingerprint: string; status: ErrorGroupStatus; at: number },
  ): Promise<void>
  /** Statuses that were set, by fingerprint. */
  errorGroupStatuses(siteId: string): Promise<Map<string, { status: ErrorGroupStatus; changedAt: number }>>
  /** Writes a consistent copy to a new file, also during writes. */
  copyTo(file: string): Promise<void>
  close(): Promise<void>
}
