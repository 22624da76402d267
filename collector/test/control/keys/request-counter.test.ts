import { afterEach, beforeEach, expect, it } from 'vitest'
import { PLANS } from '../../../src/control/accounts.js'
import { createRequestCounter } from '../../../src/control/keys/gate.js'
import { ApiError } from '../../../src/errors.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const { perMinute } = PLANS.free
const MINUTE_MS = 60_000
const START = Date.UTC(2026, 10, 21)

let store: TestControl
let keyId: string
let fault: Error | undefined
let count: (now: number) => Promise<string>

beforeEach(async () => {
  store = await openTestControl()
  const { id: accountId } = await store.control.addAccount({ name: 'free', plan: 'free' })
  ;({ id: keyId } = await store.addKey({ accountId }))
  fault = undefined
  const counter = createRequestCounter({
    readUsage: store.control.readUsage,
    countRequest: (...request) => (fault ? Promise.reject(fault) : store.control.countRequest(...request)),
  })
  count = async (now) => (await counter(keyId, now))?.exceeded ?? 'counted'
})
afterEach(() => store.close())

const countTimes = async (times: number, now: number) => {
  const results: string[] = []
  for (let index = 0; index < times; index++) results.push(await count(now))
  return results
}
const readMonth = async (now: number) => (await store.control.readUsage(keyId, now))!.month.used

it('enforces the limit per minute while the disk is full', async () => {
  await countTimes(3, START)
  fault = new ApiError('STORE_UNAVAILABLE')
  expect(await countTimes(perMinute - 2, START + 1)).toEqual([
    ...Array<string>(perMinute - 3).fill('counted'),
    'minute',
  ])
  expect(await countTimes(perMinute + 1, START + MINUTE_MS)).toEqual([
    ...Array<string>(perMinute).fill('counted'),
    'minute',
  ])
  expect(await readMonth(START)).toBe(3)
})

it('stores the request counts again as soon as the disk has space', async () => {
  fault = new ApiError('STORE_UNAVAILABLE')
  await countTimes(perMinute, START)
  fault = undefined
  expect(await countTimes(perMinute, START + 1)).toEqual(Array(perMinute).fill('counted'))
  fault = new ApiError('STORE_UNAVAILABLE')
  expect(await count(START + 2)).toBe('minute')
  expect(await readMonth(START)).toBe(perMinute)
})

it('rejects requests while the disk is full if the monthly limit was already reached', async () => {
  let now = START
  for (; (await readMonth(now)) < PLANS.free.perMonth; now += MINUTE_MS)
    await Promise.all(Array.from({ length: perMinute }, () => count(now)))
  fault = new ApiError('STORE_UNAVAILABLE')
  expect(await count(now)).toBe('month')
})

it('rethrows errors other than a full disk, and rejects a removed key', async () => {
  fault = new Error('no such table')
  await expect(count(START)).rejects.toThrow('no such table')
  fault = new ApiError('STORE_UNAVAILABLE')
  await store.control.removeApiKey(keyId)
  expect(
    await createRequestCounter({
      readUsage: store.control.readUsage,
      countRequest: () => Promise.reject(fault!),
    })(keyId, START),
  ).toBeUndefined()
})
