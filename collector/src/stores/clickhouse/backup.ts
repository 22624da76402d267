import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

// Of the whole backup or restore: the engine says nothing until it is done.
const TIMEOUT_MS = 24 * 60 * 60 * 1000

/** Copies the events, as they are at one moment, into a new folder that the engine may write; resolves to nothing when all is there. */
export function backUpEvents(url: string, folder: string): Promise<void> {
  return withClient(url, async (client) => {
    await client.command({ query: 'BACKUP TABLE events TO File({folder: String})', query_params: { folder } })
  })
}

/** Puts the events of such a folder into an engine without any, reads every byte of them, and resolves to how many there are. */
export function restoreEvents(url: string, folder: string): Promise<number> {
  return withClient(url, async (client) => {
    await client.command({
      query: 'RESTORE TABLE events FROM File({folder: String})',
      query_params: { folder },
    })
    const select = async <Row>(query: string) =>
      (await client.query({ query, format: 'JSONEachRow' })).json<Row>()
    const [check] = await select<{ result: number }>(
      'CHECK TABLE events SETTINGS check_query_single_value_result = 1',
    )
    if (check?.result !== 1) throw new Error('the checksums of the events do not match')
    const [count] = await select<{ events: string }>('SELECT count() AS events FROM events')
    return Number(count!.events)
  })
}

async function withClient<Result>(
  url: string,
  use: (client: ClickHouseClient) => Promise<Result>,
): Promise<Result> {
  const client = createClient({ url, request_timeout: TIMEOUT_MS, log: { level: ClickHouseLogLevel.OFF } })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

interface Part {
  partition_id: string
  min_block_number: number
  max_block_number: number
}

const BROKEN =
  "SELECT partition_id, min_block_number, max_block_number, path FROM system.detached_parts WHERE database = currentDatabase() AND table = 'events' AND startsWith(reason, 'broken')"
const ACTIVE =
  "SELECT partition_id, min_block_number, max_block_number FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active"

/**
 * Folders of events that the engine found damaged when it started, and whose rows are nowhere else.
 *
 * The engine sets a damaged part aside and goes on without it: totals would be wrong, and nobody told. A merged
 * part is no loss as long as the parts it was made of are still there; the engine takes them again.
 */
export async function findBrokenParts(url: string): Promise<string[]> {
  const client = createClient({ url, clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } })
  try {
    const select = async <Row>(query: string) =>
      (await client.query({ query, format: 'JSONEachRow' })).json<Row>()
    const [broken, active] = await Promise.all([
      select<Part & { path: string }>(BROKEN),
      select<Part>(ACTIVE),
    ])
    const isWithin = (part: Part, whole: Part) =>
      part.partition_id === whole.partition_id &&
      part.min_block_number >= whole.min_block_number &&
      part.max_block_number <= whole.max_block_number
    return broken.filter((lost) => !active.some((part) => isWithin(part, lost))).map(({ path }) => path)
  } finally {
    await client.close()
  }
}
