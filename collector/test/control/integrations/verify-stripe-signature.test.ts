import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { verifyStripeSignature } from '../../../src/control/integrations/stripe.js'

interface Fixture {
  secret: string
  vectors: { name: string; body: string; header: string; now: number; accepted: boolean }[]
}

// Computed by Python; see make-vectors.py in the same folder.
const { secret, vectors } = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/inbound/vectors.json', import.meta.url), 'utf8'),
) as Fixture

it.each(vectors.map((vector) => [vector.name, vector.accepted ? 'accepts' : 'rejects', vector] as const))(
  'classifies %s: %s',
  (_, __, { header, body, now, accepted }) => {
    expect(verifyStripeSignature({ header, body: Buffer.from(body), secret, now: now * 1000 })).toBe(accepted)
  },
)

it('rejects a Stripe request body with any single bit flipped', () => {
  const { body, header, now } = vectors[0]!
  for (let bit = 0; bit < Buffer.byteLength(body) * 8; bit++) {
    const flipped = Buffer.from(body)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    expect(verifyStripeSignature({ header, body: flipped, secret, now: now * 1000 })).toBe(false)
  }
})

it('rejects a Stripe header with a thousand signatures without checking them', () => {
  const { body, header, now } = vectors[0]!
  expect(
    verifyStripeSignature({
      header: `${header}${',v1=00'.repeat(1_000)}`,
      body: Buffer.from(body),
      secret,
      now: now * 1000,
    }),
  ).toBe(false)
})
