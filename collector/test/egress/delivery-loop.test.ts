import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  createDeliveryLoop,
  type DeliveryLoop,
  type Flight,
  STOPPED,
} from '../../src/egress/delivery-loop.js'

let due: string[]
let dueAt: number
let stored: string[]
let isStoreAway: boolean
/** Attempts under way, by item. */
let attempts: Map<string, { flight: Flight; end: (result: string) => void }>
let lines: unknown[]
let loop: DeliveryLoop

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  due = []
  dueAt = -Infinity
  stored = []
  isStoreAway = false
  attempts = new Map()
  lines = []
  loop = createDeliveryLoop<number, string, string>({
    queue: {
      choose: () => (due.length > 0 && dueAt <= Date.now() ? due.length : undefined),
      nextAt: () => (due.length > 0 ? dueAt : Infinity),
      async takeTurn({ finished, claims = 0 }) {
        if (isStoreAway) throw new Error('the disk is full')
        stored.push(...finished)
        return due.splice(0, claims)
      },
      attempt: (item, flight) =>
        new Promise<string>((end) => {
          attempts.set(item, { flight, end })
          flight.abort.signal.addEventListener('abort', () => end(`${item} ${flight.abort.signal.reason}`))
          if (flight.abort.signal.aborted) end(`${item} not started`)
        }),
    },
    name: 'tests',
    log: { error: (line: unknown) => void lines.push(line) },
    clock: () => Date.now(),
  })
})
afterEach(async () => {
  const stopped = loop.stop(0)
  await pass(100)
  await stopped
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const put = (...items: string[]) => {
  due.push(...items)
  loop.wake()
}

it('leases due deliveries, attempts them concurrently and stores each result', async () => {
  put('a', 'b')
  await pass(10)
  expect([[...attempts.keys()], loop.inFlight()]).toEqual([['a', 'b'], 2])
  attempts.get('b')!.end('b done')
  await pass(10)
  expect([stored, loop.inFlight()]).toEqual([['b done'], 1])
})

it('sleeps until a delivery is due', async () => {
  dueAt = Date.now() + 5_000
  put('a')
  await pass(4_990)
  expect(attempts.size).toBe(0)
  await pass(20)
  expect(attempts.size).toBe(1)
})

it('stores the result of an attempt later, without another attempt, if the store fails', async () => {
  put('a')
  await pass(10)
  isStoreAway = true
  attempts.get('a')!.end('a done')
  await pass(2_500)
  expect(lines).toEqual([1, 2, 3].map(() => ({ queue: 'tests', error: 'the disk is full' })))
  isStoreAway = false
  await pass(1_000)
  expect([stored, attempts.size]).toEqual([['a done'], 1])
})

it('stores every finished result before a flush resolves', async () => {
  put('a')
  await pass(10)
  attempts.get('a')!.end('a done')
  await attempts.get('a')!.flight.ended
  const flushed = loop.flush()
  await pass(10)
  await flushed
  expect(stored).toEqual(['a done'])
})

it('waits for running attempts on stop, and then aborts them', async () => {
  put('a', 'b')
  let isCut = false
  const outside = loop.fly(
    ({ abort }) =>
      new Promise<void>((resolve) =>
        abort.signal.addEventListener('abort', () => {
          isCut = true
          resolve()
        }),
      ),
  )
  await pass(10)
  const stopped = vi.fn()
  void loop.stop(1_000).then(stopped)
  attempts.get('a')!.end('a done')
  await pass(900)
  expect([stored, isCut]).toEqual([['a done'], false])
  expect(stopped).not.toHaveBeenCalled()
  await pass(200)
  await outside
  expect([stored, isCut]).toEqual([['a done', `b ${STOPPED}`], true])
  expect(stopped).toHaveBeenCalled()
})

it('completes a stop when an attempt outside the queue ends by itself', async () => {
  void loop.fly(() => new Promise((resolve) => setTimeout(resolve, 500)))
  const stopped = vi.fn()
  void loop.stop(60_000).then(stopped)
  await pass(600)
  expect(stopped).toHaveBeenCalled()
})

it('leases no more deliveries after a stop', async () => {
  const stopped = loop.stop(0)
  put('a')
  await pass(100)
  await stopped
  expect(attempts.size).toBe(0)
})
