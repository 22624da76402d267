import type { Selectable } from 'kysely'
import type { Change } from '../../control/change-log.js'
import { MAX_WEBHOOKS_OF_ACCOUNT } from '../../control/account-bounds.js'
import { validationError } from '../../errors.js'
import type { LogKind, WebhookStore } from '../../webhooks/webhook-store.js'
import {
  MAX_WEBHOOKS,
  type Webhook,
  type WebhookEventName,
  type WebhookReach,
} from '../../webhooks/webhook.js'
import { logChange } from './delivery-log.js'
import { randomText } from './random-text.js'
import type { ControlDatabase, WebhookTables } from './tables.js'
import { runExclusively } from './dialect.js'

type Webhooks = Pick<
  WebhookStore,
  | 'addWebhook'
  | 'findWebhook'
  | 'findSealedSecret'
  | 'listWebhooks'
  | 'listActiveWebhooks'
  | 'setSecret'
  | 'enableWebhook'
  | 'removeWebhook'
  | 'listSiteAccounts'
>
type Changes = Partial<
  Pick<WebhookTables['webhooks'], 'secret' | 'active' | 'disabled_reason' | 'failures_in_row' | 'removed_at'>
>

/** Creates the store of webhooks. Every change is logged in the same transaction. */
export function createWebhookRecords(db: ControlDatabase): Webhooks {
  const change = (id: string, changes: Changes, entry: { kind: LogKind } & Change) =>
    runExclusively(db, async (connection) => {
      const webhook = await findWebhook(connection, id)
      if (!webhook) return false
      await connection.updateTable('webhooks').set(changes).where('id', '=', id).execute()
      await logChange(connection, webhook, entry)
      return true
    })

  return {
    addWebhook: ({ accountId, siteId, url, events, description, secret }, entry) =>
      runExclusively(db, async (connection) => {
        const others = await listWebhooks(connection, { accountId, siteId: null })
        if (others.filter((other) => other.siteId === siteId).length >= MAX_WEBHOOKS) return undefined
        if (others.length >= MAX_WEBHOOKS_OF_ACCOUNT)
          throw validationError(
            'webhooks',
            `Maximum ${MAX_WEBHOOKS_OF_ACCOUNT} webhooks per account, including those of its sites; remove one first`,
          )
        const row = {
          id: `wh_${randomText(16).toLowerCase()}`,
          account_id: accountId,
          site_id: siteId,
          url,
          events: JSON.stringify(events),
          description,
          secret,
          active: 1,
          disabled_reason: null,
          failures_in_row: 0,
          backlog: 0,
          created_at: entry.at,
          last_triggered_at: null,
          removed_at: null,
        }
        await connection.insertInto('webhooks').values(row).execute()
        await logChange(connection, toWebhook(row), { kind: 'created', ...entry })
        return toWebhook(row)
      }),
    findWebhook: (id) => findWebhook(db, id),
    async findSealedSecret() {
      return (await selectWebhooks(db).limit(1).executeTakeFirst())?.secret
    },
    listWebhooks: (reach) => listWebhooks(db, reach),
    async listActiveWebhooks() {
      return (await selectWebhooks(db).where('active', '=', 1).execute()).map(toWebhook)
    },
    setSecret: (id, secret, entry) => change(id, { secret }, { kind: 'rotated', ...entry }),
    enableWebhook: (id, entry) =>
      change(id, { active: 1, disabled_reason: null, failures_in_row: 0 }, { kind: 'enabled', ...entry }),
    removeWebhook: (id, entry) =>
      change(id, { active: 0, removed_at: entry.at }, { kind: 'removed', ...entry }),
    async listSiteAccounts() {
      const rows = await db.selectFrom('sites').select(['id', 'account_id']).execute()
      return new Map(rows.map((row) => [row.id, row.account_id]))
    },
  }
}

/** Finds a webhook by its ID. Resolves to undefined if the webhook does not exist or was removed. */
export async function findWebhook(connection: ControlDatabase, id: string): Promise<Webhook | undefined> {
  const row = await selectWebhooks(connection).where('id', '=', id).executeTakeFirst()
  return row && toWebhook(row)
}

/**
 * Returns the active webhooks for each site: the webhooks of the site and the account-wide webhooks of its
 * account.
 */
export async function listWebhooksOfSites(
  connection: ControlDatabase,
  siteIds: string[],
): Promise<Map<string, Webhook[]>> {
  const sites = await connection
    .selectFrom('sites')
    .select(['id', 'account_id'])
    .where('id', 'in', siteIds)
    .execute()
  const accounts = [...new Set(sites.map((site) => site.account_id))]
  if (accounts.length === 0) return new Map()
  const webhooks = (
    await selectWebhooks(connection).where('account_id', 'in', accounts).where('active', '=', 1).execute()
  ).map(toWebhook)
  return new Map(
    sites.map((site) => [
      site.id,
      webhooks.filter(
        ({ accountId, siteId }) => accountId === site.account_id && (siteId === null || siteId === site.id),
      ),
    ]),
  )
}

async function listWebhooks(
  connection: ControlDatabase,
  { accountId, siteId }: WebhookReach,
): Promise<Webhook[]> {
  const query = selectWebhooks(connection)
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('id')
  const rows = await (siteId === null ? query : query.where('site_id', '=', siteId)).execute()
  return rows.map(toWebhook)
}

function selectWebhooks(connection: ControlDatabase) {
  return connection.selectFrom('webhooks').selectAll().where('removed_at', 'is', null)
}

function toWebhook(row: Selectable<WebhookTables['webhooks']>): Webhook {
  return {
    id: row.id,
    accountId: row.account_id,
    siteId: row.site_id,
    url: row.url,
    events: JSON.parse(row.events) as WebhookEventName[],
    description: row.description,
    secret: row.secret,
    isActive: row.active === 1,
    disabledReason: row.disabled_reason,
    failuresInRow: row.failures_in_row,
    backlog: row.backlog,
    createdAt: row.created_at,
    lastTriggeredAt: row.last_triggered_at,
  }
}
