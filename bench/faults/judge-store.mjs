import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { startEmbeddedEngine } from '../../collector/dist/stores/engine/embedded-engine.js'

/** Opens the stored files with an engine of its own and counts what was acknowledged and is not there, and what is there twice. */
export async function judgeStore(dataDir, acknowledged) {
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), { debug() {}, error() {} })
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
