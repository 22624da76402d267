import { randomInt } from 'node:crypto'

const NONE = -1

interface ClientTable {
  /** Marks a client as the newest and returns its slot, 0 to `maxClients - 1`. A full table evicts the oldest client. */
  touch(client: string): number
  /** Evicts the client that was seen longest ago. */
  forgetOldest(): void
}

/**
 * A least-recently-used table of clients in memory of a fixed size. `onForget` gets the slot of each evicted client.
 *
 * A Map leaves garbage: a flood of a million addresses rebuilds it again and again, and on a busy machine 76 MB were not
 * collected in time.
 */
export function createClientTable(maxClients: number, onForget: (slot: number) => void): ClientTable {
  const names = new Array<string>(maxClients).fill('')
  // Each bucket is a list of slots. The random seed prevents chosen addresses that share a bucket.
  const buckets = new Int32Array(2 ** Math.ceil(Math.log2(maxClients))).fill(NONE)
  const nextInBucket = new Int32Array(maxClients)
  const seed = randomInt(2 ** 32)
  // A doubly linked list by age.
  const older = new Int32Array(maxClients)
  const newer = new Int32Array(maxClients)
  let [oldest, newest, used, freed] = [NONE, NONE, 0, NONE]

  function bucketOf(client: string): number {
    let hash = seed
    for (let i = 0; i < client.length; i++) hash = Math.imul(hash ^ client.charCodeAt(i), 0x01000193)
    return (hash ^ (hash >>> 15)) & (buckets.length - 1)
  }

  function unlink(slot: number): void {
    const [before, after] = [older[slot]!, newer[slot]!]
    if (before === NONE) oldest = after
    else newer[before] = after
    if (after === NONE) newest = before
    else older[after] = before
  }

  function linkAsNewest(slot: number): void {
    older[slot] = newest
    newer[slot] = NONE
    if (newest === NONE) oldest = slot
    else newer[newest] = slot
    newest = slot
  }

  function claim(client: string, bucket: number): number {
    if (freed === NONE && used === maxClients) forgetOldest()
    const slot = freed === NONE ? used++ : freed
    if (slot === freed) freed = nextInBucket[slot]!
    names[slot] = client
    nextInBucket[slot] = buckets[bucket]!
    buckets[bucket] = slot
    return slot
  }

  function forgetOldest(): void {
    const slot = oldest
    unlink(slot)
    const bucket = bucketOf(names[slot]!)
    if (buckets[bucket] === slot) buckets[bucket] = nextInBucket[slot]!
    else {
      let before = buckets[bucket]!
      while (nextInBucket[before] !== slot) before = nextInBucket[before]!
      nextInBucket[before] = nextInBucket[slot]!
    }
    names[slot] = ''
    nextInBucket[slot] = freed
    freed = slot
    onForget(slot)
  }

  return {
    touch(client) {
      const bucket = bucketOf(client)
      let slot = buckets[bucket]!
      while (slot !== NONE && names[slot] !== client) slot = nextInBucket[slot]!
      if (slot === NONE) slot = claim(client, bucket)
      else unlink(slot)
      linkAsNewest(slot)
      return slot
    },
    forgetOldest,
  }
}
