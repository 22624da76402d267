import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DEFAULT_ACCOUNT_ID } from '../accounts.js'

/** What a key may do; each includes those before it. */
export const KEY_SCOPES = ['read', 'write', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

export interface ApiKey {
  id: string
  /** SHA-256 of the whole key, hex. The key itself is stored nowhere. */
  hash: string
  name: string
  accountId: string
  /** The one site it is for; null for all of its account. */
  siteId: string | null
  scope: KeyScope
  createdAt: number
}

/** A key as a list shows it. */
export interface ListedApiKey extends Omit<ApiKey, 'hash'> {
  /** Its last request of the External API that was not refused, ms since the epoch; null when there was none. */
  lastUsedAt: number | null
}

/** What a key reaches: one site or, with null, all of its account. */
export type KeyReach = Pick<ApiKey, 'accountId' | 'siteId'>

const API_KEY = /^zv_([0-9a-f]{16})_[0-9a-f]{64}$/

export interface NewApiKey {
  name: string
  /** @default the account that every collector has */
  accountId?: string
  /** The one site it is for, of the same account; null for all of the account. */
  siteId: string | null
  /** @default read */
  scope?: KeyScope
}

/** Makes a new API key: its secret text, shown once, and the record that is stored. */
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

/** The id inside a key, by which its record is found; undefined when it cannot be a key. */
export function parseKeyId(secret: string): string | undefined {
  return API_KEY.exec(secret)?.[1]
}

/** A key as a list shows it: enough to tell it from others. */
export function maskKey(id: string): string {
  return `zv_${id}_…`
}

/** Whether the secret is that of the record, compared in constant time. */
export function isKeyOf(secret: string, record: ApiKey): boolean {
  return timingSafeEqual(hash(secret), Buffer.from(record.hash, 'hex'))
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
