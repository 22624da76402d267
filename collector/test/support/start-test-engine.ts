import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createStoreClient } from '../../src/stores/clickhouse/client.js'
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
  const client = createStoreClient({ engine, purpose: 'maintenance' })
  return {
    ...engine,
    dataDir,
    select: (query) => client.select(query),
    command: (statement) => client.command(statement),
    async close() {
      await client.close()
      await engine.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}
