import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDuplicateSweep, type DuplicateSweep } from '../../../src/ingest/commit/duplicate-sweep.js'
import { startJobs } from '../../../src/jobs/job.js'
import { createRegistry } from '../../../src/observability/registry.js'

const log = pino({ level: 'silent' })
const NOW = Date.UTC(2026, 5, 1, 12)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Starts a sweep like the collector: one awaited sweep, then the job. */
async function start({ sweepAfterCrash, job }: DuplicateSweep) {
  await sweepAfterCrash()
  return startJobs(job ? [job] : [], { log, metrics: createRegistry() })
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

it('deletes old duplicates when the collector starts, and recent duplicates every minute', async () => {
  const deleteDuplicates = vi.fn((_since: number) => Promise.resolve(0))
  const sweep = createDuplicateSweep({
    isShared: true,
    log,
    store: { deleteDuplicates, newestReceipt: () => Promise.resolve(NOW - 3 * HOUR_MS) },
  })
  const jobs = await start(sweep)
  expect(deleteDuplicates.mock.calls).toEqual([[NOW - 3 * HOUR_MS - 15 * MINUTE_MS]])
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
  expect(deleteDuplicates.mock.calls.length).toBeGreaterThanOrEqual(8)
  expect(deleteDuplicates.mock.calls.length).toBeLessThanOrEqual(15)
  expect(Date.now() - deleteDuplicates.mock.lastCall![0]).toBeGreaterThanOrEqual(15 * MINUTE_MS)
  await jobs.stop(0)
  const { length } = deleteDuplicates.mock.calls
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
  expect(deleteDuplicates.mock.calls).toHaveLength(length)
})

it('deletes duplicate events until none is left, even after a failure', async () => {
  const deleteDuplicates = vi
    .fn<(since: number) => Promise<number>>()
    .mockResolvedValueOnce(500)
    .mockResolvedValueOnce(20)
    .mockResolvedValueOnce(0)
    .mockRejectedValueOnce(new Error('away'))
    .mockResolvedValue(0)
  const sweep = createDuplicateSweep({
    isShared: true,
    log,
    store: { deleteDuplicates, newestReceipt: () => Promise.resolve(NOW) },
  })
  const jobs = await start(sweep)
  expect(deleteDuplicates).toHaveBeenCalledTimes(3)
  await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
  expect(deleteDuplicates.mock.calls.length).toBeGreaterThanOrEqual(6)
  await jobs.stop(0)
})

it('deletes duplicate events only at start if the store is not shared', async () => {
  const deleteDuplicates = vi.fn((_since: number) => Promise.resolve(0))
  const sweep = createDuplicateSweep({
    isShared: false,
    log,
    store: { deleteDuplicates, newestReceipt: () => Promise.resolve(NOW) },
  })
  const jobs = await start(sweep)
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
  expect(deleteDuplicates).toHaveBeenCalledTimes(1)
  await jobs.stop(0)
})
