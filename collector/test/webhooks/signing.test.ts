import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createWebhookSecret, signDelivery, type UnsignedDelivery } from '../../src/webhooks/signing.js'

interface Vector {
  name: string
  delivery: UnsignedDelivery
  headers: Record<string, string>
}

// Computed by a Python script in the same folder, and compared with openssl.
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/webhooks/vectors.json', import.meta.url), 'utf8'),
) as Vector[]

it.each(vectors)('returns the expected signature of the test vector $name', ({ delivery, headers }) => {
  expect(signDelivery(delivery)).toEqual(headers)
  expect(JSON.stringify(JSON.parse(delivery.body))).toBe(delivery.body)
})

it('creates a different webhook secret of 32 bytes each time', () => {
  const secrets = Array.from({ length: 100 }, createWebhookSecret)
  for (const secret of secrets) {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32)
  }
  expect(new Set(secrets).size).toBe(secrets.length)
})
