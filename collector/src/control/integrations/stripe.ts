import { createHmac, timingSafeEqual } from 'node:crypto'
import { PLAN_NAMES, type PlanName } from '../accounts.js'
import type { BillingEvent, CustomerLink, SubscriptionChange } from './billing-store.js'

/** Plan of each Stripe price ID. */
export type PricePlans = ReadonlyMap<string, PlanName>

// Stripe retries a late payment while the status is `past_due`, and sets `unpaid` when it gives up.
const LIVE_STATUSES = ['active', 'trialing', 'past_due']
// These statuses are final. Another payment creates a new subscription.
const FINAL_STATUSES = ['canceled', 'incomplete_expired']

type Fields = Record<string, unknown>

/** Parses a Stripe event. Returns undefined if the request body is not a Stripe event. */
export function parseStripeEvent(body: unknown, prices: PricePlans): BillingEvent | undefined {
  const { id, created, type, data } = asFields(body)
  if (typeof id !== 'string' || id === '' || typeof created !== 'number' || typeof type !== 'string')
    return undefined
  return {
    id,
    createdAt: created * 1000,
    change: parseChange(type, asFields(asFields(data)['object']), prices),
  }
}

function parseChange(type: string, object: Fields, prices: PricePlans): BillingEvent['change'] {
  switch (type) {
    case 'checkout.session.completed':
      return parseCheckout(object)
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
      return parseSubscription(object, prices, false)
    case 'customer.subscription.deleted':
      return parseSubscription(object, prices, true)
    default:
      return undefined
  }
}

/**
 * Links a customer to the account whose ID was passed to the checkout page as `client_reference_id`. Returns
 * undefined if the session contains no customer or no account ID.
 */
function parseCheckout(session: Fields): CustomerLink | undefined {
  const { client_reference_id: accountId } = session
  const customerId = idOf(session['customer'])
  return typeof accountId === 'string' && customerId !== undefined
    ? { kind: 'customer', customerId, accountId }
    : undefined
}

function parseSubscription(
  subscription: Fields,
  prices: PricePlans,
  isDeleted: boolean,
): SubscriptionChange | undefined {
  const [subscriptionId, customerId] = [idOf(subscription), idOf(subscription['customer'])]
  if (subscriptionId === undefined || customerId === undefined) return undefined
  const status = String(subscription['status'])
  const items = asFields(subscription['items'])['data']
  const plans = (Array.isArray(items) ? items : []).flatMap(
    (item) => prices.get(idOf(asFields(item)['price']) ?? '') ?? [],
  )
  const plan = PLAN_NAMES.findLast((name) => plans.includes(name))
  return {
    kind: 'subscription',
    subscriptionId,
    customerId,
    plan,
    isLive: !isDeleted && LIVE_STATUSES.includes(status),
    isOver: isDeleted || FINAL_STATUSES.includes(status),
  }
}

/**
 * Returns the ID from a Stripe field that contains either an ID or an expanded object, or undefined if
 * neither is found.
 */
function idOf(value: unknown): string | undefined {
  const id = typeof value === 'string' ? value : asFields(value)['id']
  return typeof id === 'string' && id !== '' ? id : undefined
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

/** Maximum difference between the time of a signature and the current time, in milliseconds. */
const TOLERANCE_MS = 300_000
const MAX_HEADER_LENGTH = 4_096
const SIGNATURE = /^[0-9a-f]{64}$/
const SECONDS = /^\d{1,12}$/

interface SignedRequest {
  /**
   * The `Stripe-Signature` header, such as `t=1700000000,v1=…`. It contains several `v1` values while the
   * signing secret is rotated.
   */
  header: string
  /** The request body, byte for byte as received. */
  body: Buffer
  secret: string
  /** Unix time in milliseconds. */
  now: number
}

/**
 * Checks whether a Stripe signature matches the request body and was created within five minutes of `now`.
 * Compares signatures in constant time.
 */
export function verifyStripeSignature({ header, body, secret, now }: SignedRequest): boolean {
  if (header.length > MAX_HEADER_LENGTH) return false
  const parts = header.split(',').map((part) => part.trim().split('=', 2))
  const valuesOf = (name: string) =>
    parts.flatMap(([key, value]) => (key === name && value !== undefined ? value : []))
  const [time, ...otherTimes] = valuesOf('t')
  if (time === undefined || otherTimes.length > 0 || !SECONDS.test(time)) return false
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest()
  const isSigned =
    valuesOf('v1').filter(
      (signature) => SIGNATURE.test(signature) && timingSafeEqual(Buffer.from(signature, 'hex'), expected),
    ).length > 0
  return isSigned && Math.abs(now - Number(time) * 1000) <= TOLERANCE_MS
}
