import { AgedMap } from '../aged-map.js'

/**
 * `compute` with a memory for its last `max` answers; the oldest goes first. For what few keys ask again and again, such as user agents:
 * a flood of new keys costs time, never more memory.
 */
export function remember<Value>(compute: (key: string) => Value, max: number): (key: string) => Value {
  const known = new AgedMap<string, Value>()
  return (key) => {
    const answer = known.get(key)
    if (answer !== undefined) return answer
    const computed = compute(key)
    if (known.size >= max) known.dropOldest()
    known.set(detach(key), computed)
    return computed
  }
}

/** A copy: a text cut out of a long one keeps all of that in memory. */
function detach(key: string): string {
  return Buffer.from(key).toString()
}
