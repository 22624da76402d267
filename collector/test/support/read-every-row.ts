import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { startEmbeddedEngine } from '../../src/stores/engine/embedded-engine.js'

/** Every column of every table of a stopped collector as text, because the engine's files are compressed. */
export async function readEveryRow(dataDir: string): Promise<string> {
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), pino({ level: 'silent' }))
  const clickhouse = createClient({ url: engine.url })
  try {
    const tables = await clickhouse.query({
      query: "SELECT database, name FROM system.tables WHERE database = 'default' OR name LIKE '%\\_log'",
      format: 'JSONEachRow',
    })
    let text = ''
    for (const { database, name } of await tables.json<{ database: string; name: string }>()) {
      const rows = await clickhouse.query({
        query: `SELECT * FROM ${database}.${name}`,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_escape_forward_slashes: 0 },
      })
      text += await rows.text()
    }
    return text
  } finally {
    await clickhouse.close()
    await engine.stop()
  }
}
