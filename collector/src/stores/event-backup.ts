import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'

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
