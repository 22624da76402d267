import type { Logger } from 'pino'
import { describeError } from '../errors.js'
import type { Registry } from '../observability/registry.js'

/** Background work that runs at a fixed interval. */
export interface Job {
  /** Name of the job in log lines and in the `job` label of `zenovay_job_seconds`, in kebab-case. */
  name: string
  /** Interval between the starts of two runs. Starts that become due during a run are skipped. */
  everyMs: number
  /** Whether the first run starts immediately instead of after `everyMs`. @default false */
  runAtStart?: boolean
  /** Fraction of `everyMs` by which each wait is randomly shortened or extended. @default 0 */
  jitter?: number
  /**
   * Runs the job once. Rejects if the work must be retried by the next run. Should end early if `signal` is
   * aborted.
   */
  run(signal: AbortSignal): Promise<void>
}

export interface JobServices {
  log: Pick<Logger, 'error'>
  metrics: Pick<Registry, 'histogram'>
  /** Returns the time of a monotonic clock in milliseconds. @default performance.now */
  clock?: () => number
}

// The fastest jobs take less than a millisecond, and the slowest take up to thirty seconds.
const DURATION_BUCKETS_S = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60]
// Without this limit, a job that runs every two seconds would fill the log while its store is unreachable.
const LOG_FAILURES_EVERY_MS = 60_000

/**
 * Creates a function that runs a job once and never rejects. If the job is already running, the function
 * returns the promise of the current run. Failures are logged at most once a minute.
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
    // Do not log failures during shutdown, because a run may fail only because its store is closed.
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
  /**
   * Stops scheduling runs and aborts the current runs. Resolves when they have ended, at the latest after
   * `withinMs`.
   */
  stop(withinMs: number): Promise<void>
}

/** Starts jobs, each of which runs at its interval until it is stopped. */
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
