import type { Logger } from 'pino'
import { describeError } from '../errors.js'
import type { Registry } from '../observability/registry.js'

/** Background work that repeats. */
export interface Job {
  /** The name in log lines, and the label of `zenovay_job_seconds`; kebab-case. */
  name: string
  /** Runs start at multiples of this; those that fall into a longer run are skipped. */
  everyMs: number
  /** Whether the first run starts at once instead of after `everyMs`. @default false */
  runAtStart?: boolean
  /** Spreads each wait by this fraction of `everyMs` to both sides. @default 0 */
  jitter?: number
  /** Rejects when the next run must try again. Should end early when `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>
}

export interface JobServices {
  log: Pick<Logger, 'error'>
  metrics: Pick<Registry, 'histogram'>
  /** ms of a clock that never steps. @default performance.now */
  clock?: () => number
}

// The fastest jobs only read memory; rollups take up to thirty seconds.
const DURATION_BUCKETS_S = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60]
// A job of every two seconds would fill the log while its store is unreachable.
const LOG_FAILURES_EVERY_MS = 60_000

/**
 * Runs a job once per call: never twice at once (a call during a run returns that run), and never rejects.
 * Failures are logged, at most one a minute.
 */
export function createJobRunner(
  { name, run }: Pick<Job, 'name' | 'run'>,
  { log, metrics, clock = () => performance.now() }: JobServices,
  signal: AbortSignal = new AbortController().signal,
): () => Promise<void> {
  const duration = metrics.histogram({
    name: 'zenovay_job_seconds',
    help: 'Duration of background jobs, including failed runs.',
    labels: { job: name },
    buckets: DURATION_BUCKETS_S,
  })
  let running: Promise<void> | undefined
  let loggedAt = -Infinity

  const logFailure = (error: unknown) => {
    // A run aborted during shutdown may fail because its store is closed.
    if (signal.aborted || clock() - loggedAt < LOG_FAILURES_EVERY_MS) return
    loggedAt = clock()
    log.error({ job: name, error: describeError(error) }, 'job failed; will retry')
  }

  const runOnce = async () => {
    const startedAt = clock()
    try {
      await run(signal)
    } catch (error) {
      logFailure(error)
    }
    duration.observe((clock() - startedAt) / 1000)
  }

  return () => (running ??= runOnce().finally(() => (running = undefined)))
}

export interface RunningJobs {
  /** Starts no further run, aborts those under way, and resolves when they ended or after `withinMs`. */
  stop(withinMs: number): Promise<void>
}

/** Runs each job at its interval until stopped. */
export function startJobs(jobs: readonly Job[], services: JobServices): RunningJobs {
  const stopping = new AbortController()
  const loops = jobs.map((job) => startJob(job, services, stopping.signal))
  return {
    async stop(withinMs) {
      stopping.abort()
      let timer: NodeJS.Timeout | undefined
      const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)))
      await Promise.race([Promise.all(loops.map((loop) => loop.stop())), timeout])
      clearTimeout(timer)
    },
  }
}

function startJob(job: Job, services: JobServices, signal: AbortSignal): { stop(): Promise<void> } {
  const { everyMs, runAtStart = false, jitter = 0 } = job
  const clock = services.clock ?? (() => performance.now())
  const run = createJobRunner(job, services, signal)
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()

  const start = () => {
    const startedAt = clock()
    running = run().then(() => schedule(everyMs - ((clock() - startedAt) % everyMs)))
  }
  function schedule(delayMs: number): void {
    if (signal.aborted) return
    const spreadMs = everyMs * jitter * (2 * Math.random() - 1)
    timer = setTimeout(start, Math.max(0, delayMs + spreadMs)).unref()
  }

  if (runAtStart) start()
  else schedule(everyMs)
  return {
    stop() {
      clearTimeout(timer)
      return running
    },
  }
}
