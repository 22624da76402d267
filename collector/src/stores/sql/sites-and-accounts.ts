import { type Selectable, sql, type Updateable } from 'kysely'
import { type Account, DEFAULT_ACCOUNT_ID } from '../../control/accounts.js'
import type { ControlStore } from '../../control/control-store.js'
import {
  DEFAULT_RETENTION_MONTHS,
  DEFAULT_SEARCH_PARAMETERS,
  DEFAULT_TIME_ZONE,
  type NewSite,
  type Site,
  type SiteFields,
} from '../../control/sites.js'
import { logRemovalsWithSite } from './changes.js'
import { copyDatabase, runExclusively } from './dialect.js'
import { createErrorGroupStore } from './error-groups.js'
import { createKeyStore, createUsageStore } from './keys.js'
import { randomText } from './random-text.js'
import type { ControlDatabase, ControlTables } from './tables.js'

/**
 * Creates the store of sites, API keys, accounts and error group statuses. Closing this store closes the
 * database.
 */
export function createControlStore(db: ControlDatabase): ControlStore {
  const findSite = async (id: string): Promise<Site | undefined> => {
    const row = await db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toSite(row)
  }

  return {
    ...createAccountStore(db),
    ...createKeyStore(db),
    ...createUsageStore(db),
    ...createErrorGroupStore(db),
    findSite,
    async addSite(site) {
      const row = toRow(site)
      await db.insertInto('sites').values(row).execute()
      return toSite(row)
    },
    addSiteWithin: (max, site) =>
      runExclusively(db, async (connection) => {
        const row = toRow(site)
        const { sites } = await connection
          .selectFrom('sites')
          .select((eb) => eb.fn.countAll<number>().as('sites'))
          .where('account_id', '=', row.account_id)
          .executeTakeFirstOrThrow()
        if (Number(sites) >= max) return undefined
        await connection.insertInto('sites').values(row).execute()
        return toSite(row)
      }),
    async listSites() {
      const rows = await db.selectFrom('sites').selectAll().orderBy('created_at').execute()
      return rows.map(toSite)
    },
    async listSitesOf({ accountId, siteId }) {
      const query = db
        .selectFrom('sites')
        .selectAll()
        .where('account_id', '=', accountId)
        .orderBy('created_at')
      const rows = await (siteId === null ? query : query.where('id', '=', siteId)).execute()
      return rows.map(toSite)
    },
    async findSiteByCode(trackingCode) {
      const row = await db
        .selectFrom('sites')
        .selectAll()
        .where('tracking_code', '=', trackingCode)
        .executeTakeFirst()
      return row && toSite(row)
    },
    async updateSite(id, changes) {
      const columns = toColumns(changes)
      if (Object.keys(columns).length > 0)
        await db.updateTable('sites').set(columns).where('id', '=', id).execute()
      return findSite(id)
    },
    removeSite: (id, change = { actor: null, at: Date.now() }) =>
      db.transaction().execute(async (transaction) => {
        await logRemovalsWithSite(transaction, id, change)
        await transaction.deleteFrom('api_keys').where('site_id', '=', id).execute()
        await sql`INSERT INTO webhook_log (kind, webhook_id, account_id, site_id, at, actor, note) SELECT 'removed', id, account_id, site_id, ${change.at}, ${change.actor}, 'with its site' FROM webhooks WHERE site_id = ${id} AND removed_at IS NULL`.execute(
          transaction,
        )
        await transaction
          .updateTable('webhooks')
          .set({ active: 0, removed_at: change.at })
          .where('site_id', '=', id)
          .where('removed_at', 'is', null)
          .execute()
        const { numDeletedRows } = await transaction
          .deleteFrom('sites')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        if (numDeletedRows > 0n)
          await transaction.insertInto('removals').values({ site_id: id, removed_at: change.at }).execute()
        return numDeletedRows > 0n
      }),
    async listRemovals() {
      const rows = await db.selectFrom('removals').selectAll().orderBy('removed_at').execute()
      return rows.map((row) => ({ siteId: row.site_id, removedAt: row.removed_at }))
    },
    async finishRemoval(siteId) {
      await db.deleteFrom('removals').where('site_id', '=', siteId).execute()
    },
    copyTo: (file) => copyDatabase(db, file),
    close: () => db.destroy(),
  }
}

function toRow(site: NewSite): Selectable<ControlTables['sites']> {
  return {
    id: `ws_${randomText(12).toLowerCase()}`,
    account_id: site.accountId ?? DEFAULT_ACCOUNT_ID,
    tracking_code: `ZV_${randomText(11)}`,
    domain: site.domain,
    name: site.name,
    allowed_domains: JSON.stringify(site.allowedDomains),
    created_at: Date.now(),
    time_zone: site.timeZone ?? DEFAULT_TIME_ZONE,
    retention_months: site.retentionMonths ?? DEFAULT_RETENTION_MONTHS,
    search_parameters: JSON.stringify(site.searchParameters ?? DEFAULT_SEARCH_PARAMETERS),
  }
}

function toColumns({
  domain,
  name,
  allowedDomains,
  timeZone,
  retentionMonths,
  searchParameters,
}: Partial<SiteFields>): Updateable<ControlTables['sites']> {
  const columns = {
    domain,
    name,
    allowed_domains: allowedDomains && JSON.stringify(allowedDomains),
    time_zone: timeZone,
    retention_months: retentionMonths,
    search_parameters: searchParameters && JSON.stringify(searchParameters),
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

function toSite(row: Selectable<ControlTables['sites']>): Site {
  return {
    id: row.id,
    accountId: row.account_id,
    trackingCode: row.tracking_code,
    domain: row.domain,
    name: row.name,
    allowedDomains: JSON.parse(row.allowed_domains) as string[],
    timeZone: row.time_zone,
    retentionMonths: row.retention_months,
    searchParameters: JSON.parse(row.search_parameters) as string[],
    createdAt: row.created_at,
  }
}

type Accounts = Pick<ControlStore, 'addAccount' | 'updateAccount' | 'findAccount' | 'listAccounts'>

function createAccountStore(db: ControlDatabase): Accounts {
  const findAccount = async (id: string): Promise<Account | undefined> => {
    const row = await db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toAccount(row)
  }
  return {
    findAccount,
    async addAccount({ name, plan }) {
      const row = { id: `acc_${randomText(12).toLowerCase()}`, name, plan, created_at: Date.now() }
      await db.insertInto('accounts').values(row).execute()
      return toAccount(row)
    },
    async updateAccount(id, { name, plan }) {
      const changes = { ...(name !== undefined && { name }), ...(plan !== undefined && { plan }) }
      if (Object.keys(changes).length > 0)
        await db.updateTable('accounts').set(changes).where('id', '=', id).execute()
      return findAccount(id)
    },
    async listAccounts() {
      const rows = await db.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('id').execute()
      return rows.map(toAccount)
    },
  }
}

function toAccount({ id, name, plan, created_at }: Selectable<ControlTables['accounts']>): Account {
  return { id, name, plan, createdAt: created_at }
}
