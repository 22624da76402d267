import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DEFAULT_ACCOUNT_ID, type ApiKey, type KeyScope } from '../stores/control-store.js'

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
export function readKeyId(secret: string): string | undefined {
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
