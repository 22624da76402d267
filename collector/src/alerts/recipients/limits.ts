import { DAY_MS, HOUR_MS } from '../../durations.js'

// The bounds of mail. They protect people who never asked for mail, and the reputation of the operator's mail
// server, from a key that is stolen or misused.

/** Mails that the limits count. A retry of the same mail is not counted again. */
export type MailKind = 'confirmation' | 'alert'

/**
 * How long the link of a confirmation mail works. A week covers holidays and weekends; later, the link may lie
 * in a mailbox that has changed its owner.
 */
export const CONFIRMATION_EXPIRES_MS = 7 * DAY_MS

/**
 * Confirmation mails of an account within an hour. Setting up the alerts of a team takes a few; more than this
 * many new addresses an hour is a list of strangers.
 */
export const MAX_CONFIRMATIONS_PER_HOUR = 20

/**
 * Confirmation mails to a mailbox within a day, from all accounts together, whatever tag (`+tag`) its address
 * has: the first, and two more if that was lost.
 */
export const MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY = 3

/**
 * Alert mails of an account within an hour, tests included. Nobody reads more than one every 36 seconds; mail
 * providers throttle senders at a few hundred an hour.
 */
export const MAX_ALERT_MAILS_PER_HOUR = 100

/** Different email addresses that the alerts of an account may name: the people on call, not a mailing list. */
export const MAX_ADDRESSES_OF_ACCOUNT = 100

/** Windows of the limits. Sent mails are remembered for the longest of them. */
export const ACCOUNT_WINDOW_MS = HOUR_MS
export const MAILBOX_WINDOW_MS = DAY_MS
