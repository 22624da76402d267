import { SECOND_MS } from '../../durations.js'
import { createStoreClient, type StoreClient } from './client.js'
import type { StoreServer } from './store-server.js'

/**
 * Copies a consistent snapshot of the events into a new folder, which the engine must be allowed to write to.
 * Resolves when the copy is complete.
 */
export function backUpEvents(server: StoreServer, folder: string): Promise<void> {
  return withClient(server, (client) =>
    client.command('BACKUP TABLE events TO File({folder: String})', { folder }),
  )
}

/**
 * Restores events from a folder that {@link backUpEvents} wrote, and verifies their checksums. The engine
 * must not contain any events. Resolves to the number of restored events.
 */
export function restoreEvents(server: StoreServer, folder: string): Promise<number> {
  return withClient(server, async (client) => {
    await client.command('RESTORE TABLE events FROM File({folder: String})', { folder })
    const [check] = await client.select<{ result: number }>(
      'CHECK TABLE events SETTINGS check_query_single_value_result = 1',
    )
    if (check?.result !== 1) throw new Error('the checksums of the events do not match')
    const [count] = await client.select<{ events: number }>('SELECT count() AS events FROM events')
    return count!.events
  })
}

interface Part {
  partition_id: string
  min_block_number: number
  max_block_number: number
}

const BROKEN_PARTS =
  "SELECT partition_id, min_block_number, max_block_number, path FROM system.detached_parts WHERE database = currentDatabase() AND table = 'events' AND startsWith(reason, 'broken')"
const ACTIVE_PARTS =
  "SELECT partition_id, min_block_number, max_block_number FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active"

const TIMEOUT_MS = 30 * SECOND_MS

/**
 * Finds damaged parts (data folders) of the events table whose rows exist nowhere else.
 *
 * At startup, the engine sets damaged parts aside and continues without them, so totals would be wrong
 * without any warning. A damaged part is not returned if the smaller parts from which it was merged still
 * exist, because the engine loads these parts instead.
 */
export function findBrokenParts(server: StoreServer): Promise<string[]> {
  return withClient({ ...server, timeoutMs: TIMEOUT_MS }, async (client) => {
    const [broken, active] = await Promise.all([
      client.select<Part & { path: string }>(BROKEN_PARTS),
      client.select<Part>(ACTIVE_PARTS),
    ])
    const isWithin = (part: Part, whole: Part) =>
      part.partition_id === whole.partition_id &&
      part.min_block_number >= whole.min_block_number &&
      part.max_block_number <= whole.max_block_number
    return broken.filter((lost) => !active.some((part) => isWithin(part, lost))).map(({ path }) => path)
  })
}

async function withClient<Result>(
  options: StoreServer & { timeoutMs?: number },
  use: (client: StoreClient) => Promise<Result>,
): Promise<Result> {
  const client = createStoreClient({ ...options, purpose: 'maintenance' })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}
