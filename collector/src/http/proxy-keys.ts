import { createHash, timingSafeEqual } from 'node:crypto'

/** A key by which a proxy proves that it may name the address of a visitor. */
export interface ProxyKey {
  key: string
  /** The only site whose requests the key counts for. If undefined, the key counts for all sites. */
  siteId: string | undefined
}

export interface ProxyKeys {
  /** Returns every configured key that equals this text. The comparison takes the same time for every text. */
  find(text: string): ProxyKey[]
}

export function createProxyKeys(keys: readonly ProxyKey[]): ProxyKeys {
  const entries = keys.map((key) => ({ key, digest: digestOf(key.key) }))
  return {
    find(text) {
      const digest = digestOf(text)
      return entries.filter((entry) => timingSafeEqual(entry.digest, digest)).map(({ key }) => key)
    },
  }
}

// Texts of equal length, as the comparison needs.
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
