import type { Config } from '../config.js'
import { describeError, StartError } from '../errors.js'
import { createRollups } from '../stores/clickhouse/rollups/roll-up.js'
import { findEngineUrl } from './clickhouse-url.js'

/** Rebuilds the daily rollups (the stored visits of past days) of all sites. Reports remain available. */
export async function rebuildRollups(config: Config, print: (line: string) => void): Promise<void> {
  const rollups = createRollups({ url: config.clickhouseUrl ?? (await findEngineUrl(config)) })
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
