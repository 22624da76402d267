import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SecretBox } from '../../control/secrets/secret-box.js'
import type { Notification } from '../alert-store.js'
import { isTrustedAddress, mailboxOf, normaliseAddress } from './address.js'
import type {
  AddressToAsk,
  ConfirmationLink,
  MailAdmission,
  NamedAddresses,
  Recipient,
  RecipientStatus,
  RecipientStore,
} from './recipient-store.js'

/** Decides which addresses get mail, and creates and checks the links of mails. */
export interface Recipients {
  /** Prepares the addresses of an alert, given in plain text and as they are stored. */
  prepare(addresses: readonly { address: string; sealed: string }[]): NamedAddresses
  /**
   * Queues another confirmation mail of an alert to each of the addresses that is pending. Resolves to the number
   * of mails. Rejects with `RATE_LIMIT_EXCEEDED` if a limit is reached.
   */
  askAgain(alertId: string, addresses: readonly { address: string; sealed: string }[]): Promise<number>
  /** Resolves to the statuses of addresses of an account, by normalised address. */
  statusesOf(accountId: string, addresses: readonly string[]): Promise<Map<string, RecipientStatus>>
  /** Decides whether a mail about a trigger may be sent to an address, and counts it. */
  admit(notification: Notification, address: string): Promise<MailAdmission>
  /** Resolves to the state of the link in a confirmation mail, and the recipient that it belongs to. */
  findConfirmation(token: string): Promise<{ link: ConfirmationLink; recipient?: Recipient }>
  /** Confirms the address that got the link with this token. The link works once. */
  confirm(token: string): Promise<ConfirmationLink>
  /** Returns the token of the unsubscribe links of a recipient, which never expires. */
  unsubscribeTokenOf(recipientId: string): string
  /** Resolves to the recipient whose unsubscribe links have this token, or undefined if it is forged. */
  findSubscription(token: string): Promise<Recipient | undefined>
  /** Stops or resumes mail to the recipient. Resolves to undefined if the token is forged. */
  setSubscription(token: string, isSubscribed: boolean): Promise<Recipient | undefined>
  /** Forgets mails that no limit counts any more. */
  purge(before: number): Promise<void>
}

interface RecipientServices {
  store: RecipientStore
  box: SecretBox
  /** Domains and addresses in lower case that need no confirmation. */
  trusted: readonly string[]
  /** Returns the Unix time in milliseconds. */
  now: () => number
}

const TOKEN_BYTES = 32

/** Creates the service of recipients. */
export function createRecipients({ store, box, trusted, now }: RecipientServices): Recipients {
  const hashAddress = (address: string) => box.digest('address', normaliseAddress(address))

  const prepare = (addresses: Parameters<Recipients['prepare']>[0]): NamedAddresses => {
    const asks = addresses.map(({ address, sealed }) => createAsk(address, sealed))
    return {
      asks: [...new Map(asks.map((ask) => [ask.address, ask])).values()],
      hashSealed(sealed) {
        try {
          return hashAddress(box.open(sealed))
        } catch {
          return undefined
        }
      },
    }
  }

  function createAsk(address: string, sealed: string): AddressToAsk {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    return {
      address: hashAddress(address),
      mailbox: box.digest('mailbox', mailboxOf(address)),
      sealed,
      isTrusted: isTrustedAddress(address, trusted),
      tokenHash: hashToken(token),
      sealedToken: box.seal(token),
    }
  }

  const unsubscribeTokenOf = (recipientId: string) =>
    `${recipientId}.${box.digest('unsubscribe', recipientId)}`

  /** Returns the ID of the recipient in an unsubscribe token, or undefined if its hash is not ours. */
  function verify(token: string): string | undefined {
    const [id = ''] = token.split('.')
    const [given, expected] = [token, unsubscribeTokenOf(id)].map((text) =>
      createHash('sha256').update(text).digest(),
    )
    return timingSafeEqual(given!, expected!) ? id : undefined
  }

  return {
    prepare,
    askAgain: (alertId, addresses) => store.askAgain(alertId, prepare(addresses).asks, now()),
    async statusesOf(accountId, addresses) {
      const normalised = [...new Set(addresses.map(normaliseAddress))]
      const hashes = normalised.map(hashAddress)
      const rows = hashes.length > 0 ? await store.listRecipients(accountId, hashes) : []
      const found = new Map(rows.map((row) => [row.address, row]))
      return new Map(
        normalised.map((address, index) => [
          address,
          statusOf(found.get(hashes[index]!), isTrustedAddress(address, trusted)),
        ]),
      )
    },
    admit: ({ accountId, alertId, attempts, destination }, address) =>
      store.admitMail({
        accountId,
        alertId,
        ask: createAsk(address, 'sealed' in destination ? destination.sealed : ''),
        isFirstAttempt: attempts === 1,
        at: now(),
      }),
    findConfirmation: (token) => store.findConfirmation(hashToken(token), now()),
    confirm: (token) => store.confirm(hashToken(token), now()),
    unsubscribeTokenOf,
    async findSubscription(token) {
      const id = verify(token)
      return id === undefined ? undefined : store.findRecipient(id)
    },
    async setSubscription(token, isSubscribed) {
      const id = verify(token)
      return id === undefined ? undefined : store.setSubscription(id, isSubscribed, now())
    },
    purge: store.purgeSentMails,
  }
}

/** Returns whether an account may send mail to a recipient. An address without a recipient was never asked. */
function statusOf(recipient: Recipient | undefined, isTrusted: boolean): RecipientStatus {
  if (recipient && recipient.unsubscribedAt !== null) return 'unsubscribed'
  return isTrusted || (recipient && recipient.confirmedAt !== null) ? 'confirmed' : 'pending'
}

/** Hashes a token for the store, whose readers must not be able to confirm an address. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
