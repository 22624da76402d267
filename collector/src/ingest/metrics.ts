import { PROXY_OUTCOMES, type ProxyOutcome } from '../http/senders.js'
import { type Cell, createRegistry, type Registry } from '../observability/registry.js'
import type { CommitMetrics, GroupCommit } from './commit/group-commit.js'
import { OUTCOMES, type Tally } from './outcomes.js'

/** The metrics of the collector. docs/operating.md explains each metric name. */
export interface Metrics {
  registry: Registry
  events: Tally
  heartbeats: Tally
  eventCommit: CommitMetrics
  heartbeatCommit: CommitMetrics
  /** Counts events that arrived with the `event_id` of a different event. */
  idReuse: Cell
  /** Counts a request with headers of a proxy. */
  countProxyRequest(outcome: ProxyOutcome): void
  /**
   * Counts an HTTP request. `route` must be the pattern of a route and never a request path, to keep the
   * number of label values small.
   */
  countRequest(route: string, status: number): void
}

// The buckets range from a single insert on an idle collector to a batch that is retried for twenty seconds.
const LATENCY_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const BATCH_BUCKETS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]

/** Creates the metrics of ingest and HTTP requests. All counters start at 0. */
export function createMetrics(): Metrics {
  const registry = createRegistry()
  const batches = (queue: string): CommitMetrics => {
    const labels = { queue }
    const latency = registry.histogram({
      name: 'zenovay_commit_seconds',
      help: 'Time from the first item of a batch until it is on disk or given up.',
      labels,
      buckets: LATENCY_BUCKETS_S,
    })
    const size = registry.histogram({
      name: 'zenovay_commit_batch_size',
      help: 'Items per batch.',
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
    .counter(
      'zenovay_event_id_reuse_total',
      'Events stored under a new id, because a different event has theirs.',
    )
    .with()
  const proxyRequests = registry.counter(
    'zenovay_proxy_requests_total',
    'Requests with headers of a proxy; only accepted ones count for the address that these name.',
  )
  const proxyCells = Object.fromEntries(
    PROXY_OUTCOMES.map((outcome) => [outcome, proxyRequests.with({ outcome })]),
  ) as Record<ProxyOutcome, Cell>
  const requests = registry.counter('zenovay_http_requests_total', 'Requests by route and status.')
  const requestCells = new Map<string, Cell>()
  const failures = registry.counter(
    'zenovay_commit_failures_total',
    'Failed attempts to write a batch; each is retried.',
  )

  return {
    registry,
    events,
    heartbeats,
    idReuse,
    eventCommit: batches('events'),
    heartbeatCommit: batches('heartbeats'),
    countProxyRequest: (outcome) => proxyCells[outcome].add(),
    countRequest(route, status) {
      const key = `${status} ${route}`
      let cell = requestCells.get(key)
      if (!cell) requestCells.set(key, (cell = requests.with({ route, status: String(status) })))
      cell.add()
    },
  }
}

function createTally(registry: Registry, kind: 'events' | 'heartbeats'): Tally {
  const received = registry
    .counter(`zenovay_${kind}_received_total`, `Received ${kind}; an unreadable request counts as one.`)
    .with()
  const ended = registry.counter(
    `zenovay_${kind}_total`,
    `Received ${kind} by outcome; the sum equals zenovay_${kind}_received_total.`,
  )
  const cells = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, ended.with({ outcome })])) as Record<
    (typeof OUTCOMES)[number],
    Cell
  >
  return { receive: (count) => received.add(count), end: (outcome, count) => cells[outcome].add(count) }
}

type Queue = Pick<GroupCommit<unknown>, 'depth' | 'isFull' | 'isFailing'>

/** State of the embedded engine, as the metrics report it. */
export interface EngineState {
  isUp(): boolean
  /** Returns how often the engine was restarted after a crash. */
  restarts(): number
}

interface GaugedServices {
  queues: Record<string, Queue>
  streams: { size(): number }
  engine: EngineState | undefined
}

/** Adds metrics for the queues, the open streams and the embedded engine. */
export function addServiceGauges(
  { gauge, readCounter }: Registry,
  { queues, streams, engine }: GaugedServices,
): void {
  for (const [queue, { depth, isFull, isFailing }] of Object.entries(queues)) {
    const labels = { queue }
    gauge({ name: 'zenovay_queue_depth', help: 'Items queued or being written.', labels, read: depth })
    gauge({
      name: 'zenovay_queue_full',
      help: '1 while the queue is full and rejects items.',
      labels,
      read: () => Number(isFull()),
    })
    gauge({
      name: 'zenovay_queue_failing',
      help: '1 while a failed batch is being retried.',
      labels,
      read: () => Number(isFailing()),
    })
  }
  gauge({ name: 'zenovay_streams', help: 'Open event streams.', read: streams.size })
  if (!engine) return
  gauge({
    name: 'zenovay_engine_up',
    help: '1 while the embedded engine is running.',
    read: () => Number(engine.isUp()),
  })
  readCounter({
    name: 'zenovay_engine_restarts_total',
    help: 'Restarts of the embedded engine after a crash.',
    read: engine.restarts,
  })
}
