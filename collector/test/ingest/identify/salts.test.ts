import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSaltRotation, type SaltRotation, type SaltStore } from '../../../src/ingest/identify/salts.js'
import { startJobs } from '../../../src/jobs/job.js'
import { createRegistry } from '../../../src/observability/registry.js'

const log = pino({ level: 'silent' })
const HOUR_MS = 3_600_000
const NOON = Date.UTC(2026, 5, 1, 12)

/** Salts in memory; a salt consists of the bytes of its day. */
function openMemoryStore() {
  const days = new Set<string>()
  const store: SaltStore = {
    saltOf: (day) => Promise.resolve(Buffer.from(days.add(day) && day)),
    findSalt: (day) => Promise.resolve(days.has(day) ? Buffer.from(day) : undefined),
    deleteBefore(day) {
      for (const known of days) if (known < day) days.delete(known)
      return Promise.resolve()
    },
  }
  return { store, days }
}

/** Starts a rotation like the collector: one awaited run, then the job. */
async function startExpiry({ expiry }: SaltRotation) {
  await expiry.run()
  return startJobs([expiry], { log, metrics: createRegistry() })
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOON })
})
afterEach(() => {
  vi.useRealTimers()
})

it('returns the salts of today and yesterday from memory after the first call', async () => {
  const { store } = openMemoryStore()
  const salts = createSaltRotation({ store, log })
  expect(await salts.at(NOON)).toEqual({
    day: '2026-06-01',
    current: Buffer.from('2026-06-01'),
    previous: undefined,
  })
  expect(salts.at(NOON + HOUR_MS)).not.toBeInstanceOf(Promise)
  const [next, same] = await Promise.all([salts.at(NOON + 24 * HOUR_MS), salts.at(NOON + 24 * HOUR_MS)])
  expect(next).toBe(same)
  expect(next).toEqual({
    day: '2026-06-02',
    current: Buffer.from('2026-06-02'),
    previous: Buffer.from('2026-06-01'),
  })
})

it('deletes a salt 48 hours after its day began, even without events', async () => {
  const { store, days } = openMemoryStore()
  const salts = createSaltRotation({ store, log })
  const jobs = await startExpiry(salts)
  await salts.at(NOON)
  await vi.advanceTimersByTimeAsync(36 * HOUR_MS - 1)
  expect([...days]).toEqual(['2026-06-01'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect([...days]).toEqual([])
  await jobs.stop(0)
})

it('deletes salts at start if they expired while the collector was stopped', async () => {
  const { store, days } = openMemoryStore()
  for (const day of ['2026-05-20', '2026-05-30', '2026-05-31', '2026-06-01']) days.add(day)
  const salts = createSaltRotation({ store, log })
  const jobs = await startExpiry(salts)
  await jobs.stop(0)
  expect([...days]).toEqual(['2026-05-31', '2026-06-01'])
})

it('retries the failed deletion of a salt', async () => {
  const { store, days } = openMemoryStore()
  const salts = createSaltRotation({ store, log })
  const jobs = await startExpiry(salts)
  await salts.at(NOON)
  await vi.advanceTimersByTimeAsync(36 * HOUR_MS - 1)
  const failing = vi.spyOn(store, 'deleteBefore').mockRejectedValueOnce(new Error('disk'))
  await vi.advanceTimersByTimeAsync(1)
  expect(failing).toHaveBeenCalledTimes(1)
  expect(days.size).toBe(1)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(days.size).toBe(0)
  await jobs.stop(0)
})

it('rejects events with 503 while a salt cannot be read, and recovers afterwards', async () => {
  const { store } = openMemoryStore()
  vi.spyOn(store, 'saltOf').mockRejectedValueOnce(new Error('no space left on device'))
  const salts = createSaltRotation({ store, log })
  await expect(salts.at(NOON)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterS: 5 })
  expect(await salts.at(NOON)).toMatchObject({ day: '2026-06-01' })
})
