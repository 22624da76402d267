import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseStripeSettings } from '../../../src/config.js'
import { type Account, type PlanName, PLANS } from '../../../src/control/accounts.js'
import { parseStripeEvent } from '../../../src/control/integrations/stripe.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const NOW = Date.UTC(2026, 2, 29)
const PRICES = new Map<string, PlanName>([
  ['price_pro', 'pro'],
  ['price_scale', 'scale'],
])

let store: TestControl
let account: Account
let events: number

beforeEach(async () => {
  store = await openTestControl()
  account = await store.control.addAccount({ name: 'One', plan: 'free' })
  events = 0
})
afterEach(() => store.close())

interface EventOptions {
  id?: string
  /** Seconds. */
  created?: number
}
const makeEvent = (
  type: string,
  object: unknown,
  { id = `evt_${events++}`, created = 100 }: EventOptions = {},
) => ({ id, object: 'event', created, type, data: { object } })
const checkout = (fields: object = {}, options?: EventOptions) =>
  makeEvent(
    'checkout.session.completed',
    { id: 'cs_1', mode: 'subscription', customer: 'cus_1', client_reference_id: account.id, ...fields },
    options,
  )
const subscription = (
  change: 'created' | 'updated' | 'deleted',
  {
    price = 'price_pro',
    status = 'active',
    ...fields
  }: { price?: string; status?: string; id?: string; customer?: string } = {},
  options?: EventOptions,
) =>
  makeEvent(
    `customer.subscription.${change}`,
    { id: 'sub_1', customer: 'cus_1', status, items: { data: [{ price: { id: price } }] }, ...fields },
    options,
  )

const take = (body: unknown) => store.integrations.applyBillingEvent(parseStripeEvent(body, PRICES)!, NOW)
const readPlan = async () => (await store.control.findAccount(account.id))!.plan

it('assigns the plan of a Stripe subscription and its limits to the account', async () => {
  const { id } = await store.addKey({ accountId: account.id })
  expect(await take(checkout())).toEqual({ outcome: 'kept' })
  expect(await take(subscription('created'))).toEqual({
    outcome: 'planned',
    accountId: account.id,
    plan: 'pro',
  })
  expect(await store.control.readUsage(id, NOW)).toMatchObject({
    plan: 'pro',
    minute: { limit: PLANS.pro.perMinute },
    month: { limit: PLANS.pro.perMonth },
  })
  await take(subscription('updated', { price: 'price_scale' }, { created: 101 }))
  expect(await store.control.readUsage(id, NOW)).toMatchObject({ minute: { limit: PLANS.scale.perMinute } })
  await take(subscription('deleted', { price: 'price_scale', status: 'canceled' }, { created: 102 }))
  expect(await readPlan()).toBe('free')
})

/** All permutations of a few items. */
const orders = <Item>(items: readonly Item[]): Item[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))

it('assigns the same plan for Stripe events in any order, even if they arrive twice', async () => {
  const upgraded = () => [
    checkout({}, { created: 10 }),
    subscription('created', { status: 'incomplete' }, { created: 10 }),
    subscription('updated', {}, { created: 11 }),
    subscription('updated', { price: 'price_scale' }, { created: 50 }),
  ]
  const ended = () => [
    checkout({}, { created: 10 }),
    subscription('updated', {}, { created: 11 }),
    subscription('updated', { status: 'past_due' }, { created: 90 }),
    subscription('deleted', { status: 'canceled' }, { created: 90 }),
  ]
  let runs = 0
  for (const [make, plan] of [
    [upgraded, 'scale'],
    [ended, 'free'],
  ] as const)
    for (const order of orders(make())) {
      account = await store.control.addAccount({ name: 'Another', plan: 'enterprise' })
      const run = runs++
      for (const event of [...order, ...order]) {
        const text = JSON.stringify(event)
          .replaceAll(/"(evt_\d+|cus_1|sub_1)"/g, `"$1-${run}"`)
          .replace(/"client_reference_id":"[^"]+"/, `"client_reference_id":"${account.id}"`)
        await take(JSON.parse(text))
      }
      if (run % 20 === 0) await store.reopen()
      expect(await readPlan(), JSON.stringify(order.map(({ type, created }) => [type, created]))).toBe(plan)
    }
  expect(runs).toBe(48)
})

it('applies a Stripe event once, even after a restart', async () => {
  await take(checkout())
  await take(subscription('updated', {}, { id: 'evt_once' }))
  await store.control.updateAccount(account.id, { plan: 'enterprise' })
  await store.reopen()
  expect(await take(subscription('updated', {}, { id: 'evt_once' }))).toEqual({ outcome: 'repeated' })
  expect(await readPlan()).toBe('enterprise')
  await store.integrations.purgeBillingEvents(NOW + 1)
  expect(await take(subscription('updated', {}, { id: 'evt_once' }))).toMatchObject({ outcome: 'planned' })
})

it('assigns the best plan to an account with several subscriptions', async () => {
  await take(checkout())
  await take(checkout({ customer: 'cus_2' }))
  await take(subscription('created', { price: 'price_scale', id: 'sub_2', customer: 'cus_2' }))
  await take(subscription('created'))
  expect(await readPlan()).toBe('scale')
  await take(subscription('deleted', { price: 'price_scale', id: 'sub_2', customer: 'cus_2' }))
  expect(await readPlan()).toBe('pro')
})

it.each(['unpaid', 'canceled', 'incomplete_expired', 'paused'])(
  'assigns the free plan to an account if its subscription is %s',
  async (status) => {
    await take(checkout())
    await take(subscription('created'))
    await take(subscription('updated', { status }, { created: 101 }))
    expect(await readPlan()).toBe('free')
  },
)

it('keeps the current plan of an account if the price is unknown', async () => {
  await store.control.updateAccount(account.id, { plan: 'pro' })
  await take(checkout())
  expect(await take(subscription('created', { price: 'price_other' }))).toEqual({ outcome: 'kept' })
  expect(await readPlan()).toBe('pro')
})

it('does not change the default account or an unknown account', async () => {
  for (const id of ['acc_default', 'acc_nowhere', "acc_' OR 1=1 --"]) {
    expect(await take(checkout({ client_reference_id: id }))).toEqual({ outcome: 'unknown-account' })
    expect(await take(subscription('updated'))).toEqual({ outcome: 'kept' })
  }
  expect((await store.control.listAccounts()).map(({ plan }) => plan)).toEqual(['enterprise', 'free'])
})

describe('a Stripe event', () => {
  it.each([
    [{}],
    [null],
    ['evt'],
    [{ id: 5, created: 1, type: 'x' }],
    [{ id: 'evt', created: '1', type: 'x' }],
  ])('rejects a Stripe event with the body %j', (body) => {
    expect(parseStripeEvent(body, PRICES)).toBeUndefined()
  })

  it.each([
    ['invoice.paid', { customer: 'cus_1' }],
    ['checkout.session.completed', { customer: 'cus_1', client_reference_id: null }],
    ['customer.subscription.updated', { id: 'sub_1' }],
    ['customer.subscription.updated', null],
  ])('ignores a Stripe event of the type %s with the object %j', (type, object) => {
    expect(parseStripeEvent(makeEvent(type, object), PRICES)).toMatchObject({ change: undefined })
  })

  it('accepts the customer and the price of a Stripe event as objects or as IDs', () => {
    const object = {
      id: 'sub_1',
      customer: { id: 'cus_1' },
      status: 'active',
      items: { data: [{ price: 'price_scale' }, { price: { id: 'price_pro' } }] },
    }
    expect(
      parseStripeEvent(makeEvent('customer.subscription.updated', object), PRICES)!.change,
    ).toMatchObject({ customerId: 'cus_1', plan: 'scale' })
  })
})

describe('the Stripe settings', () => {
  const SECRET = 'whsec_0123456789abcdef'
  it('parses a Stripe secret and a plan for each price', () => {
    const faults: string[] = []
    expect(parseStripeSettings(SECRET, 'price_pro:pro, price_scale:scale', faults)).toEqual({
      secret: SECRET,
      prices: PRICES,
    })
    expect(parseStripeSettings(undefined, undefined, faults)).toBeUndefined()
    expect(faults).toEqual([])
  })

  it.each([
    ['', 'price_pro:pro', 'STRIPE_WEBHOOK_SECRET'],
    ['sk_live_0123456789abcdef', 'price_pro:pro', 'STRIPE_WEBHOOK_SECRET'],
    [SECRET, '', 'STRIPE_PRICES'],
    [SECRET, 'price_pro:gold', 'STRIPE_PRICES'],
    [SECRET, 'price_pro', 'STRIPE_PRICES'],
    [SECRET, 'price_pro:pro,price_pro:scale', 'STRIPE_PRICES'],
  ])('rejects the Stripe secret %s with the prices %s', (secret, prices, name) => {
    const faults: string[] = []
    parseStripeSettings(secret, prices, faults)
    expect(faults).toEqual([expect.stringContaining(name)])
    expect(faults.join()).not.toContain('0123456789abcdef')
  })
})
