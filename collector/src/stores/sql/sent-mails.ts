import {
  ACCOUNT_WINDOW_MS,
  type MailKind,
  MAILBOX_WINDOW_MS,
  MAX_ALERT_MAILS_PER_HOUR,
  MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY,
  MAX_CONFIRMATIONS_PER_HOUR,
} from '../../alerts/recipients/limits.js'
import type { ControlDatabase } from './tables.js'

interface CountedMail {
  kind: MailKind
  accountId: string
  /** Keyed hash of the mailbox. */
  mailbox: string
}

/** A limit of mails that is reached. */
export interface Limit {
  /** Such as `This account may send 20 confirmation mails an hour`. */
  reason: string
  retryAfterMs: number
}

const MAX_OF_ACCOUNT: Record<MailKind, number> = {
  confirmation: MAX_CONFIRMATIONS_PER_HOUR,
  alert: MAX_ALERT_MAILS_PER_HOUR,
}

/** Resolves to the limit that does not allow another mail, or to undefined if the mail may be sent. */
export async function findLimit(
  connection: ControlDatabase,
  { kind, accountId, mailbox }: CountedMail,
  now: number,
): Promise<Limit | undefined> {
  const sent = connection.selectFrom('sent_mails').select('at').where('kind', '=', kind)
  const find = async (query: typeof sent, most: number, windowMs: number) => {
    // The window also ends in the future, so that a clock that was set back does not block mail for long.
    const last = await query
      .where('at', '>', now - windowMs)
      .where('at', '<=', now + windowMs)
      .orderBy('at', 'desc')
      .limit(1)
      .offset(most - 1)
      .executeTakeFirst()
    return last && Math.min(last.at + windowMs - now, windowMs)
  }

  const most = MAX_OF_ACCOUNT[kind]
  const ofAccount = await find(sent.where('account_id', '=', accountId), most, ACCOUNT_WINDOW_MS)
  if (ofAccount !== undefined)
    return { reason: `This account may send ${most} ${kind} mails an hour`, retryAfterMs: ofAccount }
  if (kind !== 'confirmation') return undefined
  const ofMailbox = await find(
    sent.where('mailbox', '=', mailbox),
    MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY,
    MAILBOX_WINDOW_MS,
  )
  return ofMailbox === undefined
    ? undefined
    : {
        reason: `A mailbox may get ${MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY} confirmation mails a day`,
        retryAfterMs: ofMailbox,
      }
}

/** Counts a mail, in the transaction that queues or admits it. */
export async function countMail(
  connection: ControlDatabase,
  { kind, accountId, mailbox }: CountedMail,
  at: number,
): Promise<void> {
  await connection.insertInto('sent_mails').values({ kind, account_id: accountId, mailbox, at }).execute()
}
