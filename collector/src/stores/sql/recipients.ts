import { type Selectable, sql } from 'kysely'
import type { Destination } from '../../alerts/alert.js'
import { CONFIRMATION_EXPIRES_MS, MAX_ADDRESSES_OF_ACCOUNT } from '../../alerts/recipients/limits.js'
import type {
  AddressToAsk,
  ConfirmationLink,
  NamedAddresses,
  Recipient,
  RecipientStore,
} from '../../alerts/recipients/recipient-store.js'
import { ApiError, validationError } from '../../errors.js'
import { listOf, runExclusively } from './dialect.js'
import { countMail, findLimit, type Limit } from './sent-mails.js'
import { randomText } from './random-text.js'
import type { ControlDatabase, ControlTables } from './tables.js'

type Row = Selectable<ControlTables['recipients']>

/** Creates the store of recipients. */
export function createRecipientStore(db: ControlDatabase): RecipientStore {
  const findByToken = (connection: ControlDatabase, tokenHash: string) =>
    connection.selectFrom('recipients').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst()
  const findById = (connection: ControlDatabase, id: string) =>
    connection.selectFrom('recipients').selectAll().where('id', '=', id).executeTakeFirst()

  return {
    async listRecipients(accountId, addresses) {
      const rows = await db
        .selectFrom('recipients')
        .selectAll()
        .where('account_id', '=', accountId)
        .where(sql<boolean>`address IN ${listOf(addresses)}`)
        .execute()
      return rows.map((row) => ({ ...toRecipient(row), address: row.address }))
    },
    askAgain: (alertId, asks, at) =>
      runExclusively(db, async (connection) => {
        const accountId = await findAccountOf(connection, alertId)
        let queued = 0
        for (const ask of asks) {
          const row = await openRecipient(connection, accountId, ask.address)
          if (row.confirmed_at !== null || row.unsubscribed_at !== null || ask.isTrusted) continue
          refuseAbove(await askRecipient(connection, { row, alertId, ask, at }))
          queued++
        }
        return queued
      }),
    admitMail: ({ accountId, alertId, ask, isFirstAttempt, at }) =>
      runExclusively(db, async (connection) => {
        const row = await openRecipient(connection, accountId, ask.address)
        if (row.unsubscribed_at !== null) return { outcome: 'unsubscribed' }
        if (row.confirmed_at === null && !ask.isTrusted) {
          if (row.asked_at !== null) return { outcome: 'pending', askedAt: row.asked_at, isNewlyAsked: false }
          const limit = await askRecipient(connection, { row, alertId, ask, at })
          return limit ? { outcome: 'not-asked' } : { outcome: 'pending', askedAt: at, isNewlyAsked: true }
        }
        if (isFirstAttempt) {
          const mail = { kind: 'alert' as const, accountId, mailbox: ask.mailbox }
          if (await findLimit(connection, mail, at)) return { outcome: 'limited' }
          await countMail(connection, mail, at)
        }
        return { outcome: 'admitted', recipientId: row.id }
      }),
    async findConfirmation(tokenHash, now) {
      const row = await findByToken(db, tokenHash)
      return { link: stateOfLink(row, now), ...(row && { recipient: toRecipient(row) }) }
    },
    confirm: (tokenHash, now) =>
      runExclusively(db, async (connection) => {
        const row = await findByToken(connection, tokenHash)
        const link = stateOfLink(row, now)
        if (link === 'open')
          await connection
            .updateTable('recipients')
            .set({ confirmed_at: now, unsubscribed_at: null, token_used: 1 })
            .where('id', '=', row!.id)
            .execute()
        return link
      }),
    async findRecipient(id) {
      const row = await findById(db, id)
      return row && toRecipient(row)
    },
    setSubscription: (id, isSubscribed, now) =>
      runExclusively(db, async (connection) => {
        const row = await findById(connection, id)
        if (!row) return undefined
        const unsubscribed_at = isSubscribed ? null : (row.unsubscribed_at ?? now)
        await connection.updateTable('recipients').set({ unsubscribed_at }).where('id', '=', id).execute()
        return toRecipient({ ...row, unsubscribed_at })
      }),
    async purgeSentMails(before) {
      await db.deleteFrom('sent_mails').where('at', '<', before).execute()
    },
  }
}

/**
 * Asks the addresses of a created or changed alert for their confirmation, in the caller's transaction. Addresses
 * that were asked before are not asked again. Throws a `VALIDATION_ERROR` if the account has too many addresses,
 * and `RATE_LIMIT_EXCEEDED` if it has sent too many confirmation mails.
 */
export async function nameAddresses(
  connection: ControlDatabase,
  { alertId, asks, hashSealed, at }: NamedAddresses & { alertId: string; at: number },
): Promise<void> {
  if (asks.length === 0) return
  const accountId = await findAccountOf(connection, alertId)
  const named = await listAddresses(connection, { accountId, exceptAlertId: alertId, hashSealed })
  const added = asks.filter(({ address }) => !named.has(address))
  if (added.length > 0 && named.size + added.length > MAX_ADDRESSES_OF_ACCOUNT)
    throw validationError(
      'destinations',
      `would give the account more than ${MAX_ADDRESSES_OF_ACCOUNT} email addresses, which is the most that its alerts may name; remove some, or notify a mailing list of your own`,
    )
  for (const ask of asks) {
    const row = await openRecipient(connection, accountId, ask.address)
    const isAsked = row.asked_at !== null || row.confirmed_at !== null || row.unsubscribed_at !== null
    if (!isAsked && !ask.isTrusted) refuseAbove(await askRecipient(connection, { row, alertId, ask, at }))
  }
}

/** Lists the hashes of all email addresses that the alerts of an account name. */
async function listAddresses(
  connection: ControlDatabase,
  {
    accountId,
    exceptAlertId,
    hashSealed,
  }: { accountId: string; exceptAlertId: string; hashSealed: NamedAddresses['hashSealed'] },
): Promise<Set<string>> {
  const rows = await connection
    .selectFrom('alerts')
    .innerJoin('sites', 'sites.id', 'alerts.site_id')
    .select('alerts.destinations')
    .where('sites.account_id', '=', accountId)
    .where('alerts.id', '!=', exceptAlertId)
    .where('alerts.destinations', 'like', '%"email"%')
    .execute()
  const hashes = rows
    .flatMap((row) => JSON.parse(row.destinations) as Destination[])
    .map((destination) => (destination.type === 'email' ? hashSealed(destination.sealed) : undefined))
  return new Set(hashes.filter((hash) => hash !== undefined))
}

/**
 * Queues a confirmation mail with a new link, which replaces the one before. Resolves to the limit that prevents
 * it, if any.
 */
async function askRecipient(
  connection: ControlDatabase,
  { row, alertId, ask, at }: { row: Row; alertId: string; ask: AddressToAsk; at: number },
): Promise<Limit | undefined> {
  const mail = { kind: 'confirmation' as const, accountId: row.account_id, mailbox: ask.mailbox }
  const limit = await findLimit(connection, mail, at)
  if (limit) return limit
  await countMail(connection, mail, at)
  await connection
    .updateTable('recipients')
    .set({ asked_at: at, token_hash: ask.tokenHash, token_used: 0 })
    .where('id', '=', row.id)
    .execute()
  await connection
    .insertInto('alert_notices')
    .values({
      alert_id: alertId,
      key: `confirmation ${ask.tokenHash}`,
      place: 0,
      type: 'email',
      sealed: ask.sealed,
      event: 'confirmation',
      data: JSON.stringify({ sealedToken: ask.sealedToken }),
      at,
      state: 'waiting',
      attempts: 0,
      due_at: 0,
    })
    .execute()
  return undefined
}

function refuseAbove(limit: Limit | undefined): void {
  if (limit)
    throw new ApiError('RATE_LIMIT_EXCEEDED', {
      message: `${limit.reason}. Retry after Retry-After seconds.`,
      retryAfterS: Math.ceil(limit.retryAfterMs / 1000),
    })
}

async function openRecipient(connection: ControlDatabase, accountId: string, address: string): Promise<Row> {
  const found = await connection
    .selectFrom('recipients')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('address', '=', address)
    .executeTakeFirst()
  if (found) return found
  const row = {
    id: `rcp_${randomText(16).toLowerCase()}`,
    account_id: accountId,
    address,
    confirmed_at: null,
    unsubscribed_at: null,
    asked_at: null,
    token_hash: null,
    token_used: 0,
  }
  await connection.insertInto('recipients').values(row).execute()
  return row
}

async function findAccountOf(connection: ControlDatabase, alertId: string): Promise<string> {
  const { account_id: accountId } = await connection
    .selectFrom('alerts')
    .innerJoin('sites', 'sites.id', 'alerts.site_id')
    .select('sites.account_id')
    .where('alerts.id', '=', alertId)
    .executeTakeFirstOrThrow()
  return accountId
}

function stateOfLink(row: Row | undefined, now: number): ConfirmationLink {
  if (!row || row.asked_at === null) return 'unknown'
  if (row.token_used === 1) return 'used'
  return now - row.asked_at < CONFIRMATION_EXPIRES_MS ? 'open' : 'expired'
}

function toRecipient(row: Row): Recipient {
  return {
    id: row.id,
    confirmedAt: row.confirmed_at,
    unsubscribedAt: row.unsubscribed_at,
    askedAt: row.asked_at,
  }
}
