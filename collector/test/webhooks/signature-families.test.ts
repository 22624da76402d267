import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { createWebhookSecret, signDelivery, type UnsignedDelivery } from '../../src/webhooks/signing.js'

type Headers = Record<string, string>
/** Whether a receiver that follows the documented scheme accepts a delivery. */
type Verify = (body: Buffer, headers: Headers, secret: string) => boolean

const hexOf = (secret: string, body: string | Buffer) =>
  createHmac('sha256', secret).update(body).digest('hex')
// Compares as receivers do: texts of different lengths make it throw.
const areEqual = (one: string, other: string) => timingSafeEqual(Buffer.from(one), Buffer.from(other))
/** A receiver that throws accepts nothing. */
const orRefuse =
  (verify: Verify): Verify =>
  (...delivery) => {
    try {
      return verify(...delivery)
    } catch {
      return false
    }
  }

const VERIFIERS: Record<string, Verify> = {
  'hexadecimal, over the body as it came': (body, headers, secret) =>
    areEqual(hexOf(secret, body), headers['X-Zenovay-Signature']!),
  'prefixed, over the body as it came': (body, headers, secret) =>
    areEqual(`sha256=${hexOf(secret, body)}`, headers['X-ZTA-Signature']!),
  'prefixed, over the body parsed and written again': (body, headers, secret) =>
    areEqual(`sha256=${hexOf(secret, rewrite(body))}`, headers['X-ZTA-Signature']!),
  'of Standard Webhooks, by its scheme': (body, headers, secret) => {
    const mac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
      .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`)
      .update(body)
    return areEqual(`v1,${mac.digest('base64')}`, headers['webhook-signature']!)
  },
  'of Standard Webhooks, by its package': (body, headers, secret) =>
    Boolean(new Webhook(secret).verify(body, headers)),
}
const rewrite = (body: Buffer) => JSON.stringify(JSON.parse(body.toString()))

const vectors = (
  JSON.parse(
    readFileSync(new URL('../../../test/fixtures/webhooks/vectors.json', import.meta.url), 'utf8'),
  ) as { delivery: UnsignedDelivery }[]
).map(({ delivery }) => delivery)
const random = fc.record({
  event: fc.constantFrom('pageview', 'event', 'goal'),
  data: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
})
const deliver = (delivery: UnsignedDelivery, secret = delivery.secret) => ({
  body: Buffer.from(delivery.body),
  headers: signDelivery({ ...delivery, secret, at: Date.now() }),
  secret,
})
const wrap = ({ event, data }: { event: string; data: unknown }): UnsignedDelivery => ({
  secret: createWebhookSecret(),
  id: 'evt_1',
  event,
  webhookId: 'wh_1',
  body: JSON.stringify({ id: 'evt_1', event, timestamp: '2026-11-21T12:00:00.000Z', data }),
  at: 0,
})

describe.each(Object.entries(VERIFIERS))('a receiver of signatures %s', (name, strict) => {
  const verify = orRefuse(strict)

  it('accepts every signed delivery', () => {
    const take = (delivery: UnsignedDelivery) => {
      const { body, headers, secret } = deliver(delivery)
      expect(verify(body, headers, secret)).toBe(true)
    }
    vectors.forEach(take)
    fc.assert(fc.property(random.map(wrap), take), { numRuns: 100 })
  })

  it('rejects a delivery with any flipped bit', () => {
    for (const delivery of vectors) {
      const { body, headers, secret } = deliver(delivery)
      for (let byte = 0; byte < body.length; byte++) {
        const flipped = Buffer.from(body)
        flipped[byte]! ^= 1 << (byte % 7)
        // Another spelling of the same values is no forgery to a receiver that serializes them again.
        if (name.endsWith('written again') && saysTheSame(flipped, delivery.body)) continue
        expect(verify(flipped, headers, secret)).toBe(false)
      }
    }
  })

  it('rejects a delivery that is unsigned or signed with another secret', () => {
    for (const delivery of vectors) {
      const { body, headers, secret } = deliver(delivery, createWebhookSecret())
      expect(verify(body, headers, delivery.secret)).toBe(false)
      expect(verify(body, {}, secret)).toBe(false)
    }
  })
})

it('rejects a copied delivery after five minutes', () => {
  for (const age of [301, -301]) {
    const delivery = vectors[0]!
    const headers = signDelivery({ ...delivery, at: Date.now() - age * 1000 })
    expect(() => new Webhook(delivery.secret).verify(delivery.body, headers)).toThrow(/timestamp/i)
  }
})

function saysTheSame(flipped: Buffer, original: string): boolean {
  try {
    return rewrite(flipped) === original
  } catch {
    return false
  }
}
