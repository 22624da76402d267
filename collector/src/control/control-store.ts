import type { Account } from './accounts.js'
import type { Change } from './change-log.js'
import type { ApiKey, KeyReach, ListedApiKey } from './keys/api-key.js'
import type { AccountUsage } from './keys/usage.js'
import type { NewSite, Removal, Site, SiteFields } from './sites.js'

export const ERROR_GROUP_STATUSES = ['open', 'resolved', 'ignored'] as const
export type ErrorGroupStatus = (typeof ERROR_GROUP_STATUSES)[number]

/** Stores accounts, sites and API keys. This data is small, read often and rarely changed. */
export interface ControlStore {
  addAccount(account: Pick<Account, 'name' | 'plan'>): Promise<Account>
  /** Changes only the given fields. Resolves to undefined if the account does not exist. */
  updateAccount(id: string, changes: Partial<Pick<Account, 'name' | 'plan'>>): Promise<Account | undefined>
  findAccount(id: string): Promise<Account | undefined>
  listAccounts(): Promise<Account[]>
  /** Adds a site to the given account, or to the default account if no account is given. */
  addSite(site: NewSite): Promise<Site>
  /** Adds a site, too. Resolves to undefined if the account has `max` sites already. */
  addSiteWithin(max: number, site: NewSite): Promise<Site | undefined>
  /** Changes only the given fields. Resolves to undefined if the site does not exist. */
  updateSite(id: string, changes: Partial<SiteFields>): Promise<Site | undefined>
  /**
   * Removes a site and its API keys, goals, alerts and webhooks in one transaction. A background job deletes
   * its events later. Resolves to false if the site does not exist.
   * @default change: the command line, now
   */
  removeSite(id: string, change?: Change): Promise<boolean>
  /** Lists removed sites whose events are not completely deleted yet. */
  listRemovals(): Promise<Removal[]>
  /** Records that all events of a removed site are deleted. */
  finishRemoval(siteId: string): Promise<void>
  /** Lists the sites of all accounts. */
  listSites(): Promise<Site[]>
  listSitesOf(reach: KeyReach): Promise<Site[]>
  findSiteByCode(trackingCode: string): Promise<Site | undefined>
  findSite(id: string): Promise<Site | undefined>
  /**
   * Adds an API key. `actor` is the ID of the API key that creates it, or null for the command line. Resolves to
   * false if the account has `max` keys already.
   * @default actor: null, max: no limit
   */
  addApiKey(key: ApiKey, options?: { actor?: string | null; max?: number }): Promise<boolean>
  findApiKey(id: string): Promise<ApiKey | undefined>
  /** Lists the API keys of all accounts. */
  listApiKeys(): Promise<ListedApiKey[]>
  /** Lists the API keys that can access only sites that `reach` includes. */
  listApiKeysOf(reach: KeyReach): Promise<ListedApiKey[]>
  /** Resolves to false if the API key does not exist. @default change: the command line, now */
  removeApiKey(id: string, change?: Change): Promise<boolean>
  /**
   * Counts one request for the account of an API key at `now`, a Unix time in milliseconds. A request that exceeds
   * a limit of the plan is not counted, and `exceeded` contains that limit. Resolves after the count is written to disk,
   * or to undefined if the API key does not exist.
   */
  countRequest(
    keyId: string,
    now: number,
  ): Promise<{ usage: AccountUsage; exceeded: 'minute' | 'month' | undefined } | undefined>
  /**
   * Resolves to the usage of the account of an API key at `now`, a Unix time in milliseconds, or to undefined if the
   * key does not exist.
   */
  readUsage(keyId: string, now: number): Promise<AccountUsage | undefined>
  /**
   * Sets the status of an error group at `at`, a Unix time in milliseconds. Does nothing if the site was
   * removed.
   */
  setErrorGroupStatus(
    siteId: string,
    change: { fingerprint: string; status: ErrorGroupStatus; at: number },
  ): Promise<void>
  /**
   * Resolves to the statuses of error groups by fingerprint. Groups whose status was never set are not
   * included.
   */
  errorGroupStatuses(siteId: string): Promise<Map<string, { status: ErrorGroupStatus; changedAt: number }>>
  /** Writes a consistent copy of the database to a new file. Other writes may continue in the meantime. */
  copyTo(file: string): Promise<void>
  close(): Promise<void>
}
