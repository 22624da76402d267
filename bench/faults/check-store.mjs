// @ts-check
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { startEmbeddedEngine } from '../../collector/dist/stores/engine/embedded-engine.js'

/**
 * Opens the stored files with another engine, and counts acknowledged events that are missing and events
 * that are stored twice.
 */
export async function checkStore(dataDir, acknowledged) {
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), pino({ level: 'silent' }))
  const clickhouse = createClient({ url: engine.url })
  const answer = await clickhouse.query({
    query: 'SELECT event_id AS id, count() AS n FROM events GROUP BY id',
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const counts = new Map(await answer.json())
  await clickhouse.close()
  await engine.stop()
  return {
    stored: counts.size,
    lost: [...acknowledged].filter((id) => !counts.has(id)).length,
    doubled: [...counts.values()].filter((count) => count > 1).length,
  }
}
