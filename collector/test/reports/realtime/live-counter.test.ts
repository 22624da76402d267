import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '../../../src/errors.js'
import { createLiveCounter } from '../../../src/reports/realtime/live-counter.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A counter whose store answers when the test says so. */
function startCounter() {
  const time = { now: Date.UTC(2026, 10, 21), steady: 5_000 }
  const questions: {
    siteIds: string[]
    since: number
    answer: (visitors: number) => void
    fail: () => void
  }[] = []
  const counter = createLiveCounter({
    now: () => time.now,
    steadyNow: () => time.steady,
    store: {
      countVisitorsSince: (siteIds, since) =>
        new Promise((resolve, reject) =>
          questions.push({
            siteIds,
            since,
            answer: (visitors) => resolve(new Map(siteIds.map((siteId) => [siteId, visitors]))),
            fail: () => reject(new ApiError('STORE_UNAVAILABLE', { retryAfterS: 5 })),
          }),
        ),
    },
  })
  return {
    time,
    questions,
    count: (siteId = 'ws_1') => counter.count(siteId),
    /** Lets time pass on both clocks, and waits for the queries that are due. */
    async pass(ms: number) {
      time.steady += ms
      await vi.advanceTimersByTimeAsync(ms)
    },
  }
}

it('shares one live count query between concurrent requests', async () => {
  const { time, questions, count, pass } = startCounter()
  const counts = Array.from({ length: 100 }, () => count())
  await pass(0)
  expect(questions).toHaveLength(1)
  expect(questions[0]).toMatchObject({ siteIds: ['ws_1'], since: time.now - LIVE_WINDOW_MS })
  questions[0]!.answer(42)
  expect(await Promise.all(counts)).toEqual(Array(100).fill(42))
})

it('returns a cached live count for two seconds, and refreshes it after one second', async () => {
  const { questions, count, pass } = startCounter()
  const first = count()
  await pass(0)
  questions[0]!.answer(1)
  await first
  await pass(999)
  expect(await count()).toBe(1)
  await pass(0)
  expect(questions).toHaveLength(1)
  await pass(1)
  expect([await count(), await count()]).toEqual([1, 1])
  await pass(0)
  expect(questions).toHaveLength(2)
  await pass(1_000)
  const waiting = count()
  questions[1]!.answer(2)
  expect(await waiting).toBe(2)
})

it('counts a thousand sites with at most five queries per second', async () => {
  const { questions, count, pass } = startCounter()
  const counts: Promise<number>[] = []
  for (let turn = 0; turn < 1_000; turn++) {
    counts.push(count(`ws_${turn}`))
    await pass(1)
  }
  await pass(200)
  expect(questions.map(({ siteIds }) => siteIds.length)).toEqual([1, 199, 200, 200, 200, 200])
  for (const [index, { answer }] of questions.entries()) answer(index)
  expect(await Promise.all([counts[0], counts[1], counts[999]])).toEqual([0, 1, 5])
})

it('returns the last live count for ten seconds while the store is unavailable', async () => {
  const { questions, count, pass } = startCounter()
  const first = count()
  await pass(0)
  questions[0]!.answer(5)
  await first
  await pass(1_000)
  for (let second = 2; second < 10; second++) {
    await pass(1_000)
    const known = count()
    await pass(0)
    questions.at(-1)!.fail()
    expect(await known).toBe(5)
    expect(await count()).toBe(5)
  }
  expect(questions).toHaveLength(9)
  await pass(1_000)
  const away = count()
  const isAway = expect(away).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterS: 5 })
  await pass(0)
  questions.at(-1)!.fail()
  await isAway
  await expect(count()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(questions).toHaveLength(10)
  await pass(1_000)
  const back = count()
  await pass(0)
  questions.at(-1)!.answer(6)
  expect(await back).toBe(6)
})

it('refreshes the live count even if the system time is set back', async () => {
  const { time, questions, count, pass } = startCounter()
  const first = count()
  await pass(0)
  questions[0]!.answer(1)
  await first
  time.now -= 3_600_000
  await pass(2_000)
  const next = count()
  await pass(0)
  expect(questions[1]!.since).toBe(time.now - LIVE_WINDOW_MS)
  questions[1]!.answer(3)
  expect(await next).toBe(3)
})
