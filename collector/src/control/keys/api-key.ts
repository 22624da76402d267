import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { field, NAME, oneOf, orNull } from '../../http/fields.js'
import { DEFAULT_ACCOUNT_ID } from '../accounts.js'

/** Scopes of API keys. Each scope includes the permissions of all scopes before it. */
export const KEY_SCOPES = ['read', 'write', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

export function isKeyScope(text: unknown): text is KeyScope {
  return (KEY_SCOPES as readonly unknown[]).includes(text)
}

export interface ApiKey {
  id: string
  /** SHA-256 hash of the complete API key, in hexadecimal. The API key itself is never stored. */
  hash: string
  name: string
  accountId: string
  /** The only site that the key can access, or null for all sites of its account. */
  siteId: string | null
  scope: KeyScope
  /** Unix time in milliseconds. */
  createdAt: number
}

export interface ListedApiKey extends Omit<ApiKey, 'hash'> {
  /**
   * Unix time in milliseconds of the last accepted request to the External API, or null if there was none.
   */
  lastUsedAt: number | null
}

/** The sites that an API key can access: one site, or all sites of an account if `siteId` is null. */
export type KeyReach = Pick<ApiKey, 'accountId' | 'siteId'>

/**
 * Checks whether an API key can access a site or an object of the site. An object with the `siteId` null
 * belongs to all sites of its account.
 */
export function reaches(key: KeyReach, { accountId, siteId }: KeyReach): boolean {
  return key.accountId === accountId && (key.siteId === null || key.siteId === siteId)
}

/** The request body that creates an API key. */
export const NEW_KEY = Type.Object({
  name: NAME,
  scope: Type.Optional(oneOf(KEY_SCOPES, { default: 'read' })),
  site_id: Type.Optional(
    field<string | null>(orNull(Type.String(), 'Null or left out: all sites of the key that creates it.'), {
      parse: (value) => (value === null || typeof value === 'string' ? value : undefined),
      reason: 'must be the ID of a site, or null for all',
    }),
  ),
})

const API_KEY = /^zv_([0-9a-f]{16})_[0-9a-f]{64}$/

export interface NewApiKey {
  name: string
  /** @default the default account */
  accountId?: string
  /**
   * The only site that the key can access, which must belong to the same account. Null allows all sites of
   * the account.
   */
  siteId: string | null
  /** @default read */
  scope?: KeyScope
}

/** Creates an API key. Returns the secret, which is shown only once, and the record to store. */
export function createApiKey(
  { name, accountId = DEFAULT_ACCOUNT_ID, siteId, scope = 'read' }: NewApiKey,
  now: number,
): { secret: string; record: ApiKey } {
  const id = randomBytes(8).toString('hex')
  const secret = `zv_${id}_${randomBytes(32).toString('hex')}`
  return {
    secret,
    record: { id, hash: hash(secret).toString('hex'), name, accountId, siteId, scope, createdAt: now },
  }
}

/** Returns the ID that an API key contains, or undefined if the text is not an API key. */
export function parseKeyId(secret: string): string | undefined {
  return API_KEY.exec(secret)?.[1]
}

/** Returns a short form of an API key, which identifies the key but cannot be used to authenticate. */
export function maskKey(id: string): string {
  return `zv_${id}_…`
}

/** Checks whether a secret is the API key of a stored record. Compares hashes in constant time. */
export function isKeyOf(secret: string, record: ApiKey): boolean {
  return timingSafeEqual(hash(secret), Buffer.from(record.hash, 'hex'))
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
