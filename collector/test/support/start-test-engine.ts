import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/stores/engine/embedded-engine.js'

/** An embedded engine with a data folder of its own, which the test can query in SQL. */
export interface TestEngine extends EmbeddedEngine {
  /** Holds the engine's files in `engine`. */
  dataDir: string
  select<Row>(query: string): Promise<Row[]>
  /** Runs a statement without a result. */
  command(statement: string): Promise<void>
  /** Stops the engine and removes its data. */
  close(): Promise<void>
}

export async function startTestEngine(): Promise<TestEngine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zenovay-test-'))
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), pino({ level: 'silent' }))
  const clickhouse = createClient({ url: engine.url })
  return {
    ...engine,
    dataDir,
    async select(query) {
      const answer = await clickhouse.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
      return answer.json()
    },
    async command(statement) {
      await clickhouse.command({ query: statement })
    },
    async close() {
      await clickhouse.close()
      await engine.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}
