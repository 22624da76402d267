import type { ErrorBody } from '@zenovay/tracker/contract'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PLAN_NAMES, type PlanName, PLANS } from '../../../src/control/accounts.js'
import type { KeyScope } from '../../../src/control/keys/api-key.js'
import { createKeyGate } from '../../../src/control/keys/gate.js'
import { addErrorAnswers } from '../../../src/http/error-answers.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const START = Date.UTC(2026, 10, 21, 12)
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

let store: TestControl
let app: FastifyInstance
let now: number

beforeEach(async () => {
  store = await openTestControl()
  now = START
  openApp()
})
afterEach(async () => {
  await app.close()
  await store.close()
})

function openApp() {
  app = Fastify()
  addErrorAnswers(app, () => now)
  const gate = createKeyGate({ control: store.control, now: () => now })
  for (const scope of ['read', 'write', 'admin'] as const)
    app.get(`/${scope}`, async (request, reply) => ({ key: (await gate.enter(request, reply, scope)).id }))
}

async function addKey(plan: PlanName, scope: KeyScope = 'read') {
  const { id: accountId } = await store.control.addAccount({ name: plan, plan })
  return store.addKey({ accountId, scope })
}

async function ask(secret: string, path = '/read') {
  const { statusCode, headers, json } = await app.inject({ url: path, headers: { 'x-api-key': secret } })
  return {
    status: statusCode,
    code: json<ErrorBody>().error?.code,
    limits: ['limit', 'remaining', 'reset'].map((name) => headers[`x-ratelimit-${name}`]),
    retryAfter: headers['retry-after'],
  }
}

async function askTimes(times: number, secret: string): Promise<number[]> {
  const statuses: number[] = []
  for (let index = 0; index < times; index++) statuses.push((await ask(secret)).status)
  return statuses
}

describe('the rate limit per minute', () => {
  it.each(PLAN_NAMES)('rejects the first request above the limit per minute of the plan %s', async (plan) => {
    const { secret } = await addKey(plan)
    const { perMinute } = PLANS[plan]
    expect(await askTimes(perMinute, secret)).toEqual(Array(perMinute).fill(200))
    expect(await ask(secret)).toMatchObject({ status: 429, code: 'RATE_LIMIT_EXCEEDED', retryAfter: '60' })
  })

  it('rejects the 31st request of a pro key in a minute, even if all requests arrive at once', async () => {
    const { secret } = await addKey('pro')
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(secret)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(30)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
  })

  it('reports the rate limit per minute in the headers of every response', async () => {
    const { secret } = await addKey('free')
    const reset = String((START + MINUTE_MS) / SECOND_MS)
    for (let remaining = 9; remaining >= 0; remaining--) {
      expect((await ask(secret)).limits).toEqual(['10', String(remaining), reset])
      now += SECOND_MS
    }
    expect(await ask(secret)).toMatchObject({ status: 429, limits: ['10', '0', reset], retryAfter: '50' })
    expect((await ask('zv_nothing')).limits).toEqual([undefined, undefined, undefined])
  })

  it('resets the limit per minute exactly 60 seconds after the first request', async () => {
    const { secret } = await addKey('free')
    await ask(secret)
    now += MINUTE_MS - SECOND_MS
    expect(await askTimes(9, secret)).toEqual(Array(9).fill(200))
    now += SECOND_MS - 1
    expect(await ask(secret)).toMatchObject({ status: 429, retryAfter: '1' })
    now += 1
    expect(await ask(secret)).toMatchObject({
      status: 200,
      limits: ['10', '9', String((now + MINUTE_MS) / SECOND_MS)],
    })
  })

  it('does not prolong the rate limit when it rejects requests', async () => {
    const { secret } = await addKey('free')
    await askTimes(10, secret)
    for (let second = 1; second < 60; second++) {
      now += SECOND_MS
      expect((await ask(secret)).status).toBe(429)
    }
    now += SECOND_MS
    expect((await ask(secret)).status).toBe(200)
  })

  it('restarts the minute of a rate limit only if the clock is far behind', async () => {
    const { secret } = await addKey('free')
    await askTimes(10, secret)
    now = START - 30 * SECOND_MS
    expect((await ask(secret)).status).toBe(429)
    now = START - MINUTE_MS
    expect((await ask(secret)).status).toBe(200)
  })

  it('limits the requests of all keys of an account together, and those of each account separately', async () => {
    const { id: accountId } = await store.control.addAccount({ name: 'two keys', plan: 'free' })
    const { id: otherId } = await store.control.addAccount({ name: 'other', plan: 'free' })
    const keys = [await store.addKey({ accountId }), await store.addKey({ accountId })]
    const other = await store.addKey({ accountId: otherId })
    await askTimes(5, keys[0]!.secret)
    await askTimes(5, keys[1]!.secret)
    const statuses = []
    for (const { secret } of [...keys, other]) statuses.push((await ask(secret)).status)
    expect(statuses).toEqual([429, 429, 200])
  })

  it('changes the limit per minute immediately when the plan changes', async () => {
    const { id: accountId } = await store.control.addAccount({ name: 'grows', plan: 'free' })
    const { secret } = await store.addKey({ accountId })
    await askTimes(11, secret)
    await store.control.updateAccount(accountId, { plan: 'pro' })
    expect((await ask(secret)).limits.slice(0, 2)).toEqual(['30', '19'])
    await store.control.updateAccount(accountId, { plan: 'free' })
    expect(await ask(secret)).toMatchObject({ status: 429, limits: ['10', '0', expect.any(String)] })
  })
})

describe('the rate limit per month', () => {
  /** Sends requests with a free key, as fast as allowed, until its month is used up. */
  async function useUpMonth(secret: string) {
    for (let minute = 0; minute < 100; minute++) {
      await Promise.all(Array.from({ length: 10 }, () => ask(secret)))
      now += MINUTE_MS
    }
  }

  it('rejects requests above the monthly limit until the calendar month ends in UTC', async () => {
    const { secret, id } = await addKey('free')
    await useUpMonth(secret)
    const untilDecember = (Date.UTC(2026, 11, 1) - now) / SECOND_MS
    expect(await ask(secret)).toMatchObject({
      status: 429,
      code: 'MONTHLY_LIMIT_EXCEEDED',
      retryAfter: String(untilDecember),
      limits: ['10', '10', expect.any(String)],
    })
    expect(await store.control.readUsage(id, now)).toMatchObject({
      plan: 'free',
      month: { used: 1_000, limit: 1_000, resetsAt: Date.UTC(2026, 11, 1) },
    })
    now = Date.UTC(2026, 11, 1) - 1
    expect((await ask(secret)).code).toBe('MONTHLY_LIMIT_EXCEEDED')
    now += 1
    expect((await ask(secret)).status).toBe(200)
    expect((await store.control.readUsage(id, now))!.month).toEqual({
      used: 1,
      limit: 1_000,
      resetsAt: Date.UTC(2027, 0, 1),
    })
  })

  it('does not count rejected requests toward the monthly limit', async () => {
    const { secret, id } = await addKey('free')
    await askTimes(25, secret)
    expect(await store.control.readUsage(id, now)).toMatchObject({
      minute: { used: 10 },
      month: { used: 10 },
    })
    expect((await store.control.readUsage(id, now + MINUTE_MS))!.minute.used).toBe(0)
  })

  it('keeps the monthly count if the clock of another collector is still in the previous month', async () => {
    const { secret, id } = await addKey('free')
    now = Date.UTC(2026, 11, 1)
    await ask(secret)
    now -= SECOND_MS
    await askTimes(2, secret)
    now += SECOND_MS
    await ask(secret)
    expect((await store.control.readUsage(id, now))!.month.used).toBe(2)
    expect((await store.control.readUsage(id, now - SECOND_MS))!.month.used).toBe(2)
  })
})

describe('the request count', () => {
  it('keeps the request count of a key after a restart', async () => {
    const { secret } = await addKey('pro')
    await askTimes(29, secret)
    await app.close()
    await store.reopen()
    openApp()
    expect((await ask(secret)).limits.slice(0, 2)).toEqual(['30', '0'])
    expect((await ask(secret)).status).toBe(429)
  })

  it('shares the request count of a key between collectors with the same control store', async () => {
    const { id } = await addKey('pro')
    const stores = [store.control, await store.openAnother(), await store.openAnother()]
    const counted = await Promise.all(
      Array.from({ length: 60 }, (_, index) => stores[index % 3]!.countRequest(id, now)),
    )
    expect(counted.filter((one) => one!.exceeded === undefined)).toHaveLength(30)
    expect((await store.control.readUsage(id, now))!.month.used).toBe(30)
  })

  it('deletes the request count of a key together with the key', async () => {
    const { secret, id } = await addKey('pro')
    await ask(secret)
    expect(await store.control.removeApiKey(id)).toBe(true)
    expect(await ask(secret)).toMatchObject({ status: 401, limits: [undefined, undefined, undefined] })
    expect([
      await store.control.readUsage(id, now),
      await store.control.countRequest(id, now),
      await store.control.removeApiKey(id),
    ]).toEqual([undefined, undefined, false])
  })

  it('counts requests that are rejected because of a missing permission', async () => {
    const { secret, id } = await addKey('free', 'write')
    expect([(await ask(secret, '/read')).status, (await ask(secret, '/write')).status]).toEqual([200, 200])
    expect(await ask(secret, '/admin')).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      limits: ['10', '7', expect.any(String)],
    })
    expect((await store.control.readUsage(id, now))!.month.used).toBe(3)
  })
})
