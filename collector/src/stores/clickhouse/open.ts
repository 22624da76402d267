import { describeError, StartError } from '../../errors.js'
import type { EventStore } from '../../ingest/event-store.js'
import { createClickhouseActivityStore } from './activity.js'
import { createClickhouseMetricSource } from './alert-metrics.js'
import { findBrokenParts } from './backup.js'
import { createClickhouseEventStore } from './event-store.js'
import { createClickhouseReportStore } from './report-store.js'
import { createRollups } from './rollups/roll-up.js'
import type { StoreServer } from './store-server.js'

/**
 * Opens all stores that use a ClickHouse server. Rejects with a {@link StartError} if the server cannot be used
 * or if the embedded engine found damaged files.
 */
export async function openClickhouseStores(server: StoreServer) {
  const events = await openEventStore(server)
  if ('engine' in server)
    await assertUndamaged(server).catch(async (error: unknown) => {
      await events.close()
      throw error
    })
  const stores = {
    events,
    reports: createClickhouseReportStore(server),
    activity: createClickhouseActivityStore(server),
    metricSource: createClickhouseMetricSource(server),
    rollups: createRollups(server),
  }
  return {
    ...stores,
    async close() {
      for (const store of Object.values(stores).reverse()) await store.close()
    },
  }
}

async function openEventStore(server: StoreServer): Promise<EventStore> {
  try {
    return await createClickhouseEventStore(server)
  } catch (error) {
    const message = describeError(error)
    throw new StartError(
      'engine' in server
        ? `The embedded engine cannot be used: ${message}. Start the collector again.`
        : `ClickHouse at ${new URL(server.url).host} cannot be used: ${message}. Check CLICKHOUSE_URL, its user, password and database.`,
    )
  }
}

async function assertUndamaged(server: StoreServer): Promise<void> {
  const broken = await findBrokenParts(server)
  if (broken.length === 0) return
  throw new StartError(
    `The embedded engine found damaged files and set them aside: ${broken.join(', ')}. Restore DATA_DIR from a backup; or delete these folders to continue without the events in them.`,
  )
}
