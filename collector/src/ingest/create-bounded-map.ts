import { AgedMap } from '../aged-map.js'

export interface BoundedMap<Key, Value> {
  get(key: Key): Value | undefined
  /** The key counts as new again; when there are too many, the oldest is forgotten. */
  set(key: Key, value: Value): void
}

/** A map that holds the `limit` keys that were set last. */
export function createBoundedMap<Key, Value>(limit: number): BoundedMap<Key, Value> {
  const entries = new AgedMap<Key, Value>()
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.renew(key, value)
      if (entries.size > limit) entries.dropOldest()
    },
  }
}
