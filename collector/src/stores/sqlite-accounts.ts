import type { Selectable } from 'kysely'
import type { Account, ControlStore } from './control-store.js'
import type { ControlDatabase, ControlTables } from './control-tables.js'
import { randomText } from './random-text.js'

type Accounts = Pick<ControlStore, 'addAccount' | 'updateAccount' | 'findAccount' | 'listAccounts'>

/** The accounts of the control data. */
export function createSqliteAccounts(db: ControlDatabase): Accounts {
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
