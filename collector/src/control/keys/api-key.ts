import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { field, NAME, oneOf, orNull } from '../../http/fields.js'
import { DEFAULT_ACCOUNT_ID } from '../accounts.js'

/** Permissions of a key. Each scope includes those before it. */
export const KEY_SCOPES = ['read', 'write', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

export function isKeyScope(text: unknown): text is KeyScope {
  return (KEY_SCOPES as readonly unknown[]).includes(text)
}

export interface ApiKey {
  id: string
  /** SHA-256 of the whole key, in hexadecimal. The key itself is stored nowhere. */
  hash: string
  name: string
  accountId: string
  /** The only site of the key; null for all sites of its account. */
  siteId: string | null
  scope: KeyScope
  /** ms since the epoch. */
  createdAt: number
}

export interface ListedApiKey extends Omit<ApiKey, 'hash'> {
  /** Last accepted request to the External API, ms since the epoch; null before the first. */
  lastUsedAt: number | null
}

/** One site or, with null, all sites of an account. */
export type KeyReach = Pick<ApiKey, 'accountId' | 'siteId'>

/**
 * Whether a key reaches a site, or something that belongs to a site (`siteId` null: to all sites of its
 * account).
 */
export function reaches(key: KeyReach, { accountId, siteId }: KeyReach): boolean {
  return key.accountId === accountId && (key.siteId === null || key.siteId === siteId)
}

/** The body that creates a key. */
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
  /** The only site of the key, in the same account; null for all sites of the account. */
  siteId: string | null
  /** @default read */
  scope?: KeyScope
}

/** Creates an API key: its secret, shown once, and the record to store. */
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

/** The ID within a key, which its record is stored under; undefined when the text is not a key. */
export function parseKeyId(secret: string): string | undefined {
  return API_KEY.exec(secret)?.[1]
}

/** A key in lists: recognisable, but not usable. */
export function maskKey(id: string): string {
  return `zv_${id}_…`
}

/** Whether a record belongs to this secret, compared in constant time. */
export function isKeyOf(secret: string, record: ApiKey): boolean {
  return timingSafeEqual(hash(secret), Buffer.from(record.hash, 'hex'))
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
