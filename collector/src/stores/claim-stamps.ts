import type { ControlDatabase } from './control-tables.js'

const BLOCK_MS = 1_024

/** Gives the first millisecond from `at` on that no other event of the same name has at this webhook, and takes it. */
export type ClaimStamp = (webhookId: string, event: string, at: number) => Promise<number>

/**
 * Receivers that copy the usual sample take two events of one name and millisecond for one and drop the second.
 *
 * What is taken is read in blocks of about a second, each once: for the life of one transaction.
 */
export function createStampClaims(connection: ControlDatabase): ClaimStamp {
  const blocks = new Map<string, Set<number>>()
  // Where the search from a millisecond ended: a thousand events of one moment would each walk past those before.
  const searched = new Map<string, number>()

  async function readBlock(webhookId: string, event: string, block: number): Promise<Set<number>> {
    const key = `${webhookId} ${event} ${block}`
    const known = blocks.get(key)
    if (known) return known
    const rows = await connection
      .selectFrom('webhook_deliveries')
      .select('stamped_at')
      .where('webhook_id', '=', webhookId)
      .where('event', '=', event)
      .where('stamped_at', '>=', block * BLOCK_MS)
      .where('stamped_at', '<', (block + 1) * BLOCK_MS)
      .execute()
    const taken = new Set(rows.map((row) => row.stamped_at))
    blocks.set(key, taken)
    return taken
  }

  return async (webhookId, event, at) => {
    const key = `${webhookId} ${event} ${at}`
    for (let stamp = searched.get(key) ?? at; ;) {
      const block = Math.floor(stamp / BLOCK_MS)
      const end = (block + 1) * BLOCK_MS
      const taken = await readBlock(webhookId, event, block)
      while (stamp < end && taken.has(stamp)) stamp++
      if (stamp === end) continue
      taken.add(stamp)
      searched.set(key, stamp + 1)
      return stamp
    }
  }
}
