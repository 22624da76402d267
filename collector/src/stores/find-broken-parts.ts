import { createClient } from '@clickhouse/client'

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
