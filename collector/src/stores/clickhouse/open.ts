import { describeError, StartError } from '../../errors.js'
import type { EventStore } from '../../ingest/event-store.js'
import { createClickhouseActivityStore } from './activity.js'
import { createClickhouseMetricSource } from './alert-metrics.js'
import { findBrokenParts } from './backup.js'
import { createClickhouseEventStore } from './event-store.js'
import { createClickhouseReportStore } from './report-store.js'
import { createRollups } from './rollups/roll-up.js'

/**
 * Opens all stores that use the ClickHouse server at `url`. Rejects with a {@link StartError} if the server
 * cannot be used or if the embedded engine found damaged files.
 */
export async function openClickhouseStores(url: string, { isEmbedded }: { isEmbedded: boolean }) {
  const events = await openEventStore(url)
  if (isEmbedded)
    await assertUndamaged(url).catch(async (error: unknown) => {
      await events.close()
      throw error
    })
  const stores = {
    events,
    reports: createClickhouseReportStore({ url }),
    activity: createClickhouseActivityStore({ url }),
    metricSource: createClickhouseMetricSource({ url }),
    rollups: createRollups({ url }),
  }
  return {
    ...stores,
    async close() {
      for (const store of Object.values(stores).reverse()) await store.close()
    },
  }
}

async function openEventStore(url: string): Promise<EventStore> {
  try {
    return await createClickhouseEventStore({ url })
  } catch (error) {
    const { host } = new URL(url)
    throw new StartError(
      `ClickHouse at ${host} cannot be used: ${describeError(error)}. Check CLICKHOUSE_URL, its user, password and database.`,
    )
  }
}

async function assertUndamaged(url: string): Promise<void> {
  const broken = await findBrokenParts(url)
  if (broken.length === 0) return
  throw new StartError(
    `The embedded engine found damaged files and set them aside: ${broken.join(', ')}. Restore DATA_DIR from a backup; or delete these folders to continue without the events in them.`,
  )
}
