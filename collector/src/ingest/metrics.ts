import { type Cell, createRegistry, type Registry } from '../observability/registry.js'
import type { CommitMetrics, GroupCommit } from './commit/group-commit.js'
import { OUTCOMES, type Tally } from './outcomes.js'

/** Everything the collector counts of itself; docs/operating.md explains each name. */
export interface Metrics {
  registry: Registry
  events: Tally
  heartbeats: Tally
  eventCommit: CommitMetrics
  heartbeatCommit: CommitMetrics
  /** The same `event_id` came with another body. */
  idReuse: Cell
  /** `route` is the pattern of a route, never a path: there must be few. */
  countRequest(route: string, status: number): void
}

// From one lone insert without load to a batch that is tried again for twenty seconds.
const LATENCY_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const BATCH_BUCKETS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]

/** Creates the metrics that every collector has, all at 0. */
export function createMetrics(): Metrics {
  const registry = createRegistry()
  const batches = (queue: string): CommitMetrics => {
    const labels = { queue }
    const latency = registry.histogram({
      name: 'zenovay_commit_seconds',
      help: 'Time from the first item of a batch to its answer: on disk, or refused.',
      labels,
      buckets: LATENCY_BUCKETS_S,
    })
    const size = registry.histogram({
      name: 'zenovay_commit_batch_size',
      help: 'Items of a batch.',
      labels,
      buckets: BATCH_BUCKETS,
    })
    const attempts = failures.with(labels)
    return {
      batchFinished(items, elapsedMs) {
        latency.observe(elapsedMs / 1000)
        size.observe(items)
      },
      attemptFailed: () => attempts.add(),
    }
  }

  const events = createTally(registry, 'events')
  const heartbeats = createTally(registry, 'heartbeats')
  const idReuse = registry
    .counter('zenovay_event_id_reuse_total', 'Events kept under a new id, because another event had theirs.')
    .with()
  const requests = registry.counter('zenovay_http_requests_total', 'Answered requests by route and status.')
  const requestCells = new Map<string, Cell>()
  const failures = registry.counter(
    'zenovay_commit_failures_total',
    'Attempts to write a batch that failed; it is tried again.',
  )

  return {
    registry,
    events,
    heartbeats,
    idReuse,
    eventCommit: batches('events'),
    heartbeatCommit: batches('heartbeats'),
    countRequest(route, status) {
      const key = `${status} ${route}`
      let cell = requestCells.get(key)
      if (!cell) requestCells.set(key, (cell = requests.with({ route, status: String(status) })))
      cell.add()
    },
  }
}

function createTally(registry: Registry, what: 'events' | 'heartbeats'): Tally {
  const received = registry
    .counter(`zenovay_${what}_received_total`, `The ${what} that came in; what cannot be read counts as one.`)
    .with()
  const ended = registry.counter(
    `zenovay_${what}_total`,
    `The ${what} by what became of them; their sum is the number received.`,
  )
  const cells = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, ended.with({ outcome })])) as Record<
    (typeof OUTCOMES)[number],
    Cell
  >
  return { receive: (count) => received.add(count), end: (outcome, count) => cells[outcome].add(count) }
}

type Queue = Pick<GroupCommit<unknown>, 'depth' | 'isFull' | 'isFailing'>

/** The state of the embedded engine. */
export interface EngineState {
  isUp(): boolean
  /** Starts after it ended by itself. */
  restarts(): number
}

interface WatchedServices {
  queues: Record<string, Queue>
  streams: { size(): number }
  engine: EngineState | undefined
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
