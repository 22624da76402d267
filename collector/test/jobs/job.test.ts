import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createJobRunner, type Job, type JobServices, startJobs } from '../../src/jobs/job.js'
import { createRegistry, type Registry } from '../../src/observability/registry.js'

const SECOND_MS = 1_000

let lines: unknown[]
let registry: Registry
const log: JobServices['log'] = {
  error: (fields: unknown, text?: string) => void lines.push({ ...(fields as object), text }),
}

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  registry = createRegistry()
})
afterEach(() => {
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** Starts a job that notes when its runs begin, in ms from now. */
function start(fields: Partial<Job> = {}) {
  const startedAt = Date.now()
  const runs: number[] = []
  const { run = () => Promise.resolve() } = fields
  const job: Job = {
    name: 'test-job',
    everyMs: 10 * SECOND_MS,
    ...fields,
    run(signal) {
      runs.push(Date.now() - startedAt)
      return run(signal)
    },
  }
  return { runs, ...startJobs([job], { log, metrics: registry }) }
}
const takes = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms))
const readMetric = (name: string) =>
  Number(
    registry
      .expose()
      .split('\n')
      .find((line) => line.startsWith(`${name} `))!
      .split(' ')[1],
  )

it('runs a job for the first time after one interval, and then at every interval', async () => {
  const { runs } = start()
  await pass(35 * SECOND_MS)
  expect(runs).toEqual([10_000, 20_000, 30_000])
})

it('runs a job immediately if runAtStart is set', async () => {
  const { runs } = start({ runAtStart: true })
  await pass(15 * SECOND_MS)
  expect(runs).toEqual([0, 10_000])
})

it('runs a job at multiples of its interval, and skips those that pass during a run', async () => {
  const { runs } = start({ runAtStart: true, run: takes(14 * SECOND_MS) })
  await pass(45 * SECOND_MS)
  expect(runs).toEqual([0, 20_000, 40_000])
})

it('varies the waits of a job by its jitter', async () => {
  const { runs } = start({ jitter: 0.25 })
  await pass(1_000 * SECOND_MS)
  const waits = runs.map((at, index) => at - (runs[index - 1] ?? 0))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(7_500)
  expect(Math.max(...waits)).toBeLessThanOrEqual(12_500)
  expect(new Set(waits).size).toBeGreaterThan(10)
})

it('returns the current run of a job instead of starting a second one', async () => {
  let running = 0
  const job = {
    name: 'test-job',
    run: async () => {
      expect(++running).toBe(1)
      await takes(20)()
      running--
    },
  }
  const run = createJobRunner(job, { log, metrics: registry })
  const first = run()
  expect(run()).toBe(first)
  await pass(20)
  await first
  const second = run()
  expect(second).not.toBe(first)
  await pass(20)
  await second
  expect(lines).toEqual([])
})

it('logs the failure of a job at most once a minute, and runs the job again', async () => {
  const { runs } = start({ run: () => Promise.reject(new Error('the store is away')) })
  await pass(65 * SECOND_MS)
  expect(runs).toHaveLength(6)
  expect(lines).toEqual([{ job: 'test-job', error: 'the store is away', text: 'job failed; will retry' }])
  await pass(10 * SECOND_MS)
  expect(lines).toHaveLength(2)
})

it('logs a job that throws instead of rejecting', async () => {
  const { runs } = start({
    run: () => {
      throw new Error('a bug')
    },
  })
  await pass(25 * SECOND_MS)
  expect([runs.length, lines.length]).toEqual([2, 1])
})

it('measures the duration of each job run, including failed runs', async () => {
  let count = 0
  const run = async () => {
    await takes(2 * SECOND_MS)()
    if (++count === 2) throw new Error('away')
  }
  start({ run })
  await pass(25 * SECOND_MS)
  expect(readMetric('zenovay_job_seconds_count{job="test-job"}')).toBe(2)
  expect(readMetric('zenovay_job_seconds_sum{job="test-job"}')).toBe(4)
  expect(readMetric('zenovay_job_seconds_bucket{job="test-job",le="1"}')).toBe(0)
})

it('waits for the current run of a job when it stops, and starts no other run', async () => {
  const { runs, stop } = start({ runAtStart: true, run: takes(300) })
  const stopped = vi.fn()
  void stop(1_000).then(stopped)
  await pass(299)
  expect(stopped).not.toHaveBeenCalled()
  await pass(1)
  expect(stopped).toHaveBeenCalled()
  await pass(60 * SECOND_MS)
  expect(runs).toEqual([0])
})

it('aborts the current run of a job when it stops, and logs no failure', async () => {
  let signal: AbortSignal | undefined
  const run = (given: AbortSignal) => {
    signal = given
    return takes(5 * SECOND_MS)().then(() => Promise.reject(new Error('the store is closed')))
  }
  const { stop } = start({ runAtStart: true, run })
  expect(signal!.aborted).toBe(false)
  const stopped = vi.fn()
  void stop(1_000).then(stopped)
  expect(signal!.aborted).toBe(true)
  await pass(1_000)
  expect(stopped).toHaveBeenCalled()
  await pass(10 * SECOND_MS)
  expect(lines).toEqual([])
})
