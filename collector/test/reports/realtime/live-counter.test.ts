import { LIVE_WINDOW_MS } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { ApiError } from '../../../src/errors.js'
import { createLiveCounter } from '../../../src/reports/realtime/live-counter.js'

/** A counter whose store answers when the test says so. */
function startCounter() {
  const time = { now: Date.UTC(2026, 10, 21), steady: 5_000 }
  const questions: { siteId: string; since: number; answer: (visitors: number) => void; fail: () => void }[] =
    []
  const counter = createLiveCounter({
    now: () => time.now,
    steadyNow: () => time.steady,
    store: {
      countVisitorsSince: (siteId, since) =>
        new Promise((resolve, reject) =>
          questions.push({
            siteId,
            since,
            answer: resolve,
            fail: () => reject(new ApiError('STORE_UNAVAILABLE', { retryAfterS: 5 })),
          }),
        ),
    },
  })
  return { time, questions, count: (siteId = 'ws_1') => counter.count(siteId) }
}

it('shares one live count query between concurrent requests', async () => {
  const { time, questions, count } = startCounter()
  const counts = Array.from({ length: 100 }, () => count())
  expect(questions).toHaveLength(1)
  expect(questions[0]).toMatchObject({ siteId: 'ws_1', since: time.now - LIVE_WINDOW_MS })
  questions[0]!.answer(42)
  expect(await Promise.all(counts)).toEqual(Array(100).fill(42))
})

it('returns a cached live count for two seconds, and refreshes it after one second', async () => {
  const { time, questions, count } = startCounter()
  const first = count()
  questions[0]!.answer(1)
  await first
  time.steady += 999
  expect(await count()).toBe(1)
  expect(questions).toHaveLength(1)
  time.steady += 1
  expect([await count(), await count()]).toEqual([1, 1])
  expect(questions).toHaveLength(2)
  time.steady += 1_000
  const waiting = count()
  questions[1]!.answer(2)
  expect(await waiting).toBe(2)
})

it('queries each site separately, so that a slow site does not delay the others', async () => {
  const { questions, count } = startCounter()
  void count('ws_slow')
  const other = count('ws_other')
  questions[1]!.answer(7)
  expect(await other).toBe(7)
})

it('returns the last live count for ten seconds while the store is unavailable', async () => {
  const { time, questions, count } = startCounter()
  const first = count()
  questions[0]!.answer(5)
  await first
  for (let second = 2; second < 10; second++) {
    time.steady = 5_000 + second * 1_000
    const known = count()
    questions.at(-1)!.fail()
    expect(await known).toBe(5)
    expect(await count()).toBe(5)
  }
  expect(questions).toHaveLength(9)
  time.steady = 15_000
  const away = count()
  questions.at(-1)!.fail()
  await expect(away).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterS: 5 })
  await expect(count()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(questions).toHaveLength(10)
  time.steady += 1_000
  const back = count()
  questions.at(-1)!.answer(6)
  expect(await back).toBe(6)
})

it('refreshes the live count even if the system time is set back', async () => {
  const { time, questions, count } = startCounter()
  const first = count()
  questions[0]!.answer(1)
  await first
  time.now -= 3_600_000
  time.steady += 2_000
  const next = count()
  expect(questions[1]!.since).toBe(time.now - LIVE_WINDOW_MS)
  questions[1]!.answer(3)
  expect(await next).toBe(3)
})
