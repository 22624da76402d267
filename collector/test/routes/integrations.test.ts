import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account, PlanName } from '../../src/control/accounts.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeAlertFields } from '../support/make-alert.js'

const SECRET = 'whsec_a_secret_of_these_tests'
const TOKEN = 'a-token-of-these-tests'
let now = Date.UTC(2026, 2, 29)
let test: TestApp
let account: Account

beforeAll(async () => {
  test = await createTestApp({
    now: () => now,
    config: {
      stripe: { secret: SECRET, prices: new Map<string, PlanName>([['price_pro', 'pro']]) },
      uptimeToken: TOKEN,
    },
  })
  account = await test.control.addAccount({ name: 'One', plan: 'free' })
})
afterAll(() => test.close())
beforeEach(() => {
  now += 60_000
})

it('does not serve the Stripe and uptime webhooks if they are not configured', async () => {
  const plain = await createTestApp()
  for (const url of ['/webhooks/stripe', '/webhooks/uptime'])
    expect(
      (
        await plain.app.inject({
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json' },
          payload: '{}',
        })
      ).statusCode,
    ).toBe(404)
  await plain.close()
})

describe('POST /webhooks/stripe', () => {
  const post = async (body: string, { at = now, secret = SECRET }: { at?: number; secret?: string } = {}) => {
    const time = Math.floor(at / 1000)
    const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
    const answer = await test.app.inject({
      method: 'POST',
      url: '/webhooks/stripe',
      headers: { 'content-type': 'application/json', 'stripe-signature': `t=${time},v1=${signature}` },
      payload: body,
    })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      ...answer.json<{ received?: boolean; error?: { code: string } }>(),
    }
  }
  const event = (type: string, object: object) =>
    JSON.stringify({ id: `evt_${type}`, created: 100, type, data: { object } }, null, 2)

  it('assigns the paid plan of a Stripe event to the account', async () => {
    expect(
      await post(event('checkout.session.completed', { customer: 'cus_1', client_reference_id: account.id })),
    ).toMatchObject({ status: 200, received: true })
    const paid = event('customer.subscription.updated', {
      id: 'sub_1',
      customer: 'cus_1',
      status: 'active',
      items: { data: [{ price: { id: 'price_pro', deeper: [[[[[{}]]]]] } }] },
    })
    expect(await post(paid)).toMatchObject({ status: 200, received: true })
    expect((await test.control.findAccount(account.id))!.plan).toBe('pro')

    await test.control.updateAccount(account.id, { plan: 'scale' })
    expect((await post(paid)).status).toBe(200)
    expect((await test.control.findAccount(account.id))!.plan).toBe('scale')
  })

  it('rejects wrong and expired Stripe signatures without changing anything', async () => {
    const body = event('customer.subscription.deleted', { id: 'sub_1', customer: 'cus_1' })
    for (const options of [
      { secret: 'whsec_another_one_of_the_tests' },
      { at: now - 301_000 },
      { at: now + 302_000 },
    ])
      expect(await post(body, options)).toMatchObject({ status: 401, error: { code: 'INVALID_SIGNATURE' } })
    const unsigned = await test.app.inject({
      method: 'POST',
      url: '/webhooks/stripe',
      headers: { 'content-type': 'application/json' },
      payload: body,
    })
    expect(unsigned.statusCode).toBe(401)
    expect((await test.control.findAccount(account.id))!.plan).toBe('scale')
  })

  it('accepts unrelated Stripe events, and rejects invalid bodies', async () => {
    expect((await post(event('invoice.paid', { id: 'in_1' }))).status).toBe(200)
    for (const body of ['{}', '[', '"x"', '{"__proto__":{"id":"evt"}}'])
      expect((await post(body)).status).toBe(400)
  })

  it('sends no CORS headers for Stripe webhooks', async () => {
    const { headers } = await post('{}')
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
  })
})

describe('POST /webhooks/uptime', () => {
  const post = async (body: unknown, token = TOKEN) => {
    const answer = await test.app.inject({
      method: 'POST',
      url: '/webhooks/uptime',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      payload: JSON.stringify(body),
    })
    return {
      status: answer.statusCode,
      ...answer.json<{ data: { changed: boolean }; error: { details: { field: string }[] } }>(),
    }
  }
  const addAlert = async (fields: Parameters<typeof makeAlertFields>[0] = {}) =>
    (await test.alerts.addAlert(
      test.site.id,
      makeAlertFields({ metric: 'uptime', name: 'Outage', ...fields }),
      { actor: null, at: now },
    ))!
  const listTold = async (id: string) =>
    (await test.alerts.listNotifications(id, 100)).map(({ at }) => at).reverse()

  it('triggers every uptime alert once when the site goes down, and once when it recovers', async () => {
    const [alert, paused, other] = [
      await addAlert(),
      await addAlert({ isActive: false }),
      await addAlert({ metric: 'pageviews' }),
    ]
    const site_id = test.site.id
    expect((await post({ site_id, status: 'up' })).data.changed).toBe(false)
    const downAt = now
    expect(await post({ site_id, status: 'down', reason: 'HTTP 502' })).toMatchObject({
      status: 200,
      data: { site_id, status: 'down', changed: true },
    })
    expect((await post({ site_id, status: 'down' })).data.changed).toBe(false)
    expect((await test.alerts.findAlert(alert.id))!.state).toMatchObject({
      isFiring: true,
      value: 0,
      firedAt: downAt,
    })
    now += 60_000
    expect((await post({ site_id, status: 'up' })).data.changed).toBe(true)
    expect((await test.alerts.findAlert(alert.id))!.state).toMatchObject({
      isFiring: false,
      value: 1,
      firedAt: downAt,
    })
    expect([await listTold(alert.id), await listTold(paused.id), await listTold(other.id)]).toEqual([
      [downAt, now],
      [],
      [],
    ])
    expect(test.readMetric('zenovay_alert_crossings_total')).toBe(2)

    const [down, up] = await test.alerts.claimNotifications({
      now,
      leaseUntil: now,
      limit: 10,
      limitOfAccount: 10,
      inFlight: new Map(),
    })
    const data = { siteId: site_id, alertId: alert.id, alertName: 'Outage', threshold: 1 }
    expect([down!.data, up!.data]).toEqual([
      { ...data, condition: 'uptime < 1', currentValue: 0 },
      { ...data, condition: 'uptime >= 1', currentValue: 1 },
    ])
  })

  it('uses the time that the uptime monitor reports, but never a future time', async () => {
    const alert = await addAlert()
    const say = async (status: string, at: number) =>
      (await post({ site_id: test.site.id, status, at: new Date(at).toISOString() })).data.changed
    expect(await say('down', now - 10_000)).toBe(true)
    // An older report arrives late.
    expect(await say('up', now - 20_000)).toBe(false)
    expect(await say('up', now + 3_600_000)).toBe(true)
    expect(await listTold(alert.id)).toEqual([now - 10_000, now])
  })

  it('rejects uptime reports without the configured token', async () => {
    for (const token of ['', `${TOKEN}x`, TOKEN.slice(1)])
      expect((await post({ site_id: test.site.id, status: 'down' }, token)).status).toBe(401)
  })

  it('rejects an uptime report for an unknown site or with an invalid body', async () => {
    expect((await post({ site_id: 'ws_nothing', status: 'down' })).status).toBe(404)
    const { status, error } = await post({ site_id: 5, status: 'broken', at: 'yesterday', colour: 'red' })
    expect([status, error.details.map(({ field }) => field)]).toEqual([
      400,
      ['site_id', 'status', 'at', 'colour'],
    ])
  })
})
