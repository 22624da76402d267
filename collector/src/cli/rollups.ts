import type { Config } from '../config.js'
import { describeError, StartError } from '../errors.js'
import { createRollups } from '../stores/clickhouse/rollups/roll-up.js'
import { findEngine } from './find-engine.js'

/** Rebuilds the daily rollups (the stored visits of past days) of all sites. Reports remain available. */
export async function rebuildRollups(config: Config, print: (line: string) => void): Promise<void> {
  const { clickhouseUrl: url } = config
  const rollups = createRollups(url === undefined ? { engine: await findEngine(config) } : { url })
  try {
    const { rolledUpDays, isDone } = await rollups.rebuild()
    print(
      `rebuilt: ${rolledUpDays} days${isDone ? '' : '; a deletion is running: the collector rebuilds the remaining days'}`,
    )
  } catch (error) {
    throw new StartError(
      `Rebuilding failed: ${describeError(error)}. The rebuilt days are kept; run the command again for the others.`,
    )
  } finally {
    await rollups.close()
  }
}
