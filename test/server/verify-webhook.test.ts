import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OptionsError } from '../../src/server/options-error.js'
import { signWebhook } from '../../src/server/sign-webhook.js'
import { verifyWebhook, type WebhookRequest } from '../../src/server/verify-webhook.js'
import type { WebhookError } from '../../src/server/webhook-error.js'
import type { WebhookEvent } from '../../src/server/webhook-event.js'
import type { SignatureFamily } from '../../src/server/webhook-signature.js'
import { AT, EVENT, SECRET, sign } from './signed-webhook.js'

interface Vector {
  name: string
  delivery: { secret: string; id: string; event: string; body: string; at: number }
  headers: Record<string, string>
}
const VECTORS = JSON.parse(
  readFileSync(new URL('../fixtures/webhooks/vectors.json', import.meta.url), 'utf8'),
) as Vector[]
const FAMILIES: Record<SignatureFamily, string> = {
  standard: 'webhook-signature',
  zenovay: 'X-Zenovay-Signature',
  zta: 'X-ZTA-Signature',
}
const requestOf = ({ delivery, headers }: Vector): WebhookRequest => ({
  body: delivery.body,
  headers,
  secret: delivery.secret,
  now: () => delivery.at,
})
const codeOf = (request: WebhookRequest) =>
  verifyWebhook(request).then(
    () => 'accepted',
    (error: WebhookError) => error.code,
  )
describe.each(VECTORS.map((vector) => [vector.name, vector] as const))('the delivery %s', (_, vector) => {
  it('is accepted in each family, and in each form of body and headers', async () => {
    const request = requestOf(vector)
    const bytes = new TextEncoder().encode(vector.delivery.body)
    const upper = Object.fromEntries(
      Object.entries(vector.headers).map(([name, value]) => [name.toUpperCase(), value]),
    )
    for (const family of Object.keys(FAMILIES) as SignatureFamily[])
      for (const form of [
        {},
        { body: bytes },
        { body: bytes.buffer },
        { body: Buffer.from(bytes) },
        { headers: new Headers(vector.headers) },
        { headers: upper },
      ])
        await expect(verifyWebhook({ ...request, families: [family], ...form })).resolves.toEqual(
          JSON.parse(vector.delivery.body),
        )
  })

  it('is signed the same by signWebhook', async () => {
    const { delivery, headers } = vector
    const signed = await signWebhook({
      event: JSON.parse(delivery.body) as WebhookEvent,
      secret: delivery.secret,
      at: delivery.at,
    })
    expect(signed.body).toBe(delivery.body)
    const given = new Headers(headers)
    for (const name of Object.values(FAMILIES))
      expect(new Headers(signed.headers).get(name)).toBe(given.get(name))
  })
})

it('accepts the example of the Standard Webhooks libraries', async () => {
  // The secret, message and signature of their tests; the body is no event of ours.
  const request = {
    body: '{"test": 2432232314}',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    now: () => 1_614_265_330_000,
  }
  expect(await codeOf(request)).toBe('BODY_INVALID')
})

it('refuses each change of one bit of the headers, the ID, the time and the body', async () => {
  const request = await sign()
  const flip = (text: string, index: number, bit: number) =>
    text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1)
  let changes = 0
  for (const name of ['webhook-signature', 'webhook-id', 'webhook-timestamp'])
    for (let index = 0; index < request.headers[name]!.length; index++)
      for (let bit = 0; bit < 7; bit++) {
        const headers = { ...request.headers, [name]: flip(request.headers[name]!, index, bit) }
        // A space divides the header into two signatures, and what is left of the first is none.
        expect(
          await codeOf({ ...request, headers, families: ['standard'] }),
          `${name} ${index} ${bit}`,
        ).not.toBe('accepted')
        changes++
      }
  const bytes = new TextEncoder().encode(request.body)
  for (const family of Object.keys(FAMILIES) as SignatureFamily[])
    for (let index = 0; index < bytes.length; index++) {
      const body = bytes.slice()
      body[index]! ^= 1 << (index % 8)
      expect(await codeOf({ ...request, body, families: [family] })).toBe('SIGNATURE_INVALID')
      changes++
    }
  for (const family of ['zenovay', 'zta'] as const) {
    const name = FAMILIES[family].toLowerCase()
    for (let index = 0; index < request.headers[name]!.length; index++)
      for (let bit = 0; bit < 7; bit++) {
        const headers = { ...request.headers, [name]: flip(request.headers[name]!, index, bit) }
        expect(await codeOf({ ...request, headers, families: [family] })).toBe('SIGNATURE_INVALID')
        changes++
      }
  }
  expect(changes).toBeGreaterThan(1_500)
})

describe('a request', () => {
  it('is accepted with one of several secrets, and with one of several signatures', async () => {
    const request = await sign()
    const old = 'whsec_FjZ6rLZ6SgF8jairlWgsyzkIY3gPcRTdoKDgxVZEx8Q='
    await expect(verifyWebhook({ ...request, secret: [old, SECRET] })).resolves.toEqual(EVENT)
    const signature = request.headers['webhook-signature']!
    for (const value of [`v1,AAAA ${signature}`, `${signature} v2,x`, ['v1,AAAA', signature]])
      await expect(
        verifyWebhook({ ...request, headers: { ...request.headers, 'webhook-signature': value } }),
      ).resolves.toEqual(EVENT)
    expect(await codeOf({ ...request, secret: old })).toBe('SIGNATURE_INVALID')
  })

  it.each([
    ['10,000 signatures', Array(10_000).fill('v1,AAAA').join(' ')],
    ['an empty signature', ''],
    ['another length', 'v1,AAAA'],
    ['Unicode', 'v1,😀ééé'],
    ['another version', 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ])('with %s is refused', async (_, signature) => {
    const request = await sign()
    expect(
      await codeOf({ ...request, headers: { ...request.headers, 'webhook-signature': signature } }),
    ).toBe('SIGNATURE_INVALID')
  })

  it.each([
    '1e9',
    '+1795262400',
    ' 1795262400',
    '0x5f',
    '',
    '-1',
    '1795262400.5',
    'NaN',
    '٣',
    '1'.repeat(13),
  ])('with the time %j is refused', async (timestamp) => {
    const request = await sign()
    expect(
      await codeOf({ ...request, headers: { ...request.headers, 'webhook-timestamp': timestamp } }),
    ).toBe('TIMESTAMP_INVALID')
  })

  it('may be five minutes old or new, and no more', async () => {
    const request = await sign()
    const age = (seconds: number) => codeOf({ ...request, now: () => AT + seconds * 1000 })
    expect(await Promise.all([-301, -300, 0, 300, 301].map(age))).toEqual([
      'TIMESTAMP_EXPIRED',
      'accepted',
      'accepted',
      'accepted',
      'TIMESTAMP_EXPIRED',
    ])
  })

  it('without its signature falls back to the other families, unless one is demanded', async () => {
    const request = await sign()
    const { 'webhook-signature': _, ...headers } = request.headers
    await expect(verifyWebhook({ ...request, headers })).resolves.toEqual(EVENT)
    expect(await codeOf({ ...request, headers, families: ['standard'] })).toBe('SIGNATURE_MISSING')
    const { 'webhook-id': __, ...withoutId } = request.headers
    expect(await codeOf({ ...request, headers: withoutId })).toBe('ID_MISSING')
    expect(await codeOf({ ...request, headers: {} })).toBe('SIGNATURE_MISSING')
  })

  it('with a wrong signature does not fall back', async () => {
    const request = await sign()
    const headers = { ...request.headers, 'webhook-signature': 'v1,AAAA' }
    expect(await codeOf({ ...request, headers })).toBe('SIGNATURE_INVALID')
  })

  it.each([
    ['an object', { id: 'evt_1' }, 'BODY_PARSED'],
    ['undefined', undefined, 'BODY_PARSED'],
    ['the text of an object', '[object Object]', 'BODY_PARSED'],
    ['2 MiB', 'x'.repeat(2 * 1024 * 1024), 'BODY_TOO_LARGE'],
  ])('with %s as its body is refused, and says why', async (_, body, code) => {
    expect(await codeOf({ ...(await sign()), body: body as never })).toBe(code)
  })

  it('that is signed, but has no event in UTF-8, is refused', async () => {
    const { createHmac } = await import('node:crypto')
    for (const body of [
      new Uint8Array([0x22, 0xff, 0x22]),
      new TextEncoder().encode('[]'),
      new TextEncoder().encode('null'),
    ]) {
      const signature = createHmac('sha256', SECRET).update(body).digest('hex')
      expect(await codeOf({ body, headers: { 'x-zenovay-signature': signature }, secret: SECRET })).toBe(
        'BODY_INVALID',
      )
    }
  })
})

it.each([
  ['secret', { secret: '' }],
  ['secret', { secret: [] }],
  ['secret', { secret: 'not of a webhook' }],
  ['secret', { secret: 'whsec_AAECAwQFBgcICQoLD' }],
  ['families', { families: [] }],
  ['families', { families: ['md5'] }],
  ['toleranceMs', { toleranceMs: 0 }],
  ['toleranceMs', { toleranceMs: Number.NaN }],
  ['toleranceMs', { toleranceMs: Infinity }],
])('refuses the option %s: %j', async (name, options) => {
  const verifying = verifyWebhook({ ...(await sign()), ...(options as object) })
  await expect(verifying).rejects.toBeInstanceOf(OptionsError)
  await expect(verifying).rejects.toMatchObject({ faults: [{ field: name }] })
})
