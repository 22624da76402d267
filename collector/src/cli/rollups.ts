import type { Config } from '../config.js'
import { describeError, StartError } from '../errors.js'
import { createRollups } from '../stores/clickhouse/rollups/roll-up.js'
import { findEngine } from './clickhouse-url.js'

/** Makes the settled days of every site anew, while a collector runs; reports go on meanwhile. */
export async function rebuildRollups(config: Config, print: (line: string) => void): Promise<void> {
  const settling = createRollups({ url: config.clickhouseUrl ?? (await findEngine(config)) })
  try {
    const { settled, isDone } = await settling.rebuild()
    print(
      `settled: ${settled} days of sites${isDone ? '' : '; events are being deleted: the collector settles the others'}`,
    )
  } catch (error) {
    throw new StartError(
      `The days could not be settled: ${describeError(error)}. Those that were settled count; run it again for the others.`,
    )
  } finally {
    await settling.close()
  }
}
