import type { GroupCommit } from '../ingest/create-group-commit.js'
import type { EmbeddedEngine } from '../stores/embedded-engine.js'
import type { Registry } from './create-registry.js'

type Queue = Pick<GroupCommit<unknown>, 'depth' | 'isFull' | 'isFailing'>

interface WatchedServices {
  queues: Record<string, Queue>
  streams: { size(): number }
  engine: Pick<EmbeddedEngine, 'isUp' | 'restarts'> | undefined
}

/** What the queues, the streams and the embedded engine are like at the moment. */
export function addServiceGauges(
  { gauge, readCounter }: Registry,
  { queues, streams, engine }: WatchedServices,
): void {
  for (const [queue, { depth, isFull, isFailing }] of Object.entries(queues)) {
    const labels = { queue }
    gauge({ name: 'zenovay_queue_depth', help: 'Items that wait or are being written.', labels, read: depth })
    gauge({
      name: 'zenovay_queue_full',
      help: '1 while the queue refuses what comes.',
      labels,
      read: () => Number(isFull()),
    })
    gauge({
      name: 'zenovay_queue_failing',
      help: '1 while a batch that failed is tried again.',
      labels,
      read: () => Number(isFailing()),
    })
  }
  gauge({ name: 'zenovay_streams', help: 'Open streams of what happens at a site.', read: streams.size })
  if (!engine) return
  gauge({
    name: 'zenovay_engine_up',
    help: '1 while the process of the embedded engine runs.',
    read: () => Number(engine.isUp()),
  })
  readCounter({
    name: 'zenovay_engine_restarts_total',
    help: 'Starts of the embedded engine after it ended by itself.',
    read: engine.restarts,
  })
}
