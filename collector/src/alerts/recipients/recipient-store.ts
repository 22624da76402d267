/**
 * Whether an account may send mail to an address. `pending`: not before the address confirms. `unsubscribed`:
 * the address stopped mail of this account.
 */
export const RECIPIENT_STATUSES = ['pending', 'confirmed', 'unsubscribed'] as const
export type RecipientStatus = (typeof RECIPIENT_STATUSES)[number]

/** An email address that an account sends mail to. Times are Unix times in milliseconds. */
export interface Recipient {
  /** ID of the recipient, such as `rcp_…`. */
  id: string
  confirmedAt: number | null
  unsubscribedAt: number | null
  /** Time of the latest confirmation mail, or null if there was none. */
  askedAt: number | null
}

/** An address of an alert, with a confirmation mail that is sent to it if it was never asked before. */
export interface AddressToAsk {
  /** Keyed hash of the normalised address. */
  address: string
  /** Keyed hash of the mailbox. */
  mailbox: string
  /** The encrypted address, as in the destinations of the alert. */
  sealed: string
  /** Whether the operator trusts the address, so that it needs no confirmation. */
  isTrusted: boolean
  /** Hash of the token in the link of the confirmation mail. */
  tokenHash: string
  /** The encrypted token. */
  sealedToken: string
}

/** The addresses of an alert that is created or changed. */
export interface NamedAddresses {
  asks: readonly AddressToAsk[]
  /**
   * Returns the keyed hash of an encrypted address, to count the addresses of an account, or undefined if it was
   * encrypted with another master key.
   */
  hashSealed(sealed: string): string | undefined
}

/** A mail about a trigger that is about to be sent. */
export interface MailToAdmit {
  accountId: string
  alertId: string
  ask: AddressToAsk
  /** Whether this is the first attempt, which counts towards the limits. */
  isFirstAttempt: boolean
  /** Unix time in milliseconds. */
  at: number
}

/**
 * Whether a mail may be sent. A `pending` address was asked to confirm at `askedAt`, a Unix time in milliseconds.
 */
export type MailAdmission =
  | { outcome: 'admitted'; recipientId: string }
  | { outcome: 'pending'; askedAt: number; isNewlyAsked: boolean }
  | { outcome: 'unsubscribed' | 'not-asked' | 'limited' }

/** The state of a link in a confirmation mail. */
export type ConfirmationLink = 'open' | 'used' | 'expired' | 'unknown'

/** Stores which addresses an account may send mail to, and counts mails for the limits. */
export interface RecipientStore {
  /** Lists the recipients of an account with the given hashes of addresses. */
  listRecipients(
    accountId: string,
    addresses: readonly string[],
  ): Promise<(Recipient & { address: string })[]>
  /**
   * Queues another confirmation mail of an alert to each given address that is pending. Resolves to the number
   * of queued mails. Rejects with `RATE_LIMIT_EXCEEDED`, and queues none, if a limit is reached.
   */
  askAgain(alertId: string, asks: readonly AddressToAsk[], at: number): Promise<number>
  /**
   * Decides whether a mail may be sent, and counts it. Queues the confirmation mail if the address was never
   * asked.
   */
  admitMail(mail: MailToAdmit): Promise<MailAdmission>
  /** Resolves to the recipient that a token of a confirmation mail belongs to, and the state of its link. */
  findConfirmation(tokenHash: string, now: number): Promise<{ link: ConfirmationLink; recipient?: Recipient }>
  /** Confirms the address whose link has this token, and ends the link. */
  confirm(tokenHash: string, now: number): Promise<ConfirmationLink>
  findRecipient(id: string): Promise<Recipient | undefined>
  /** Stops or resumes all mail of the account to the address. Resolves to undefined if it does not exist. */
  setSubscription(id: string, isSubscribed: boolean, now: number): Promise<Recipient | undefined>
  /** Forgets mails that no limit counts any more, sent before the given Unix time in milliseconds. */
  purgeSentMails(before: number): Promise<void>
}
