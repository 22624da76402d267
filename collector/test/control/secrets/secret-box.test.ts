import { createDecipheriv, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createSecretBox } from '../../../src/control/secrets/secret-box.js'

const KEY = Buffer.alloc(32, 7)

it('decrypts an encrypted secret, and encrypts the same secret differently each time', () => {
  const box = createSecretBox(KEY)
  const sealed = Array.from({ length: 100 }, () => box.seal('whsec_émoji 🎉'))
  expect(new Set(sealed).size).toBe(sealed.length)
  for (const text of sealed) {
    expect(text).not.toContain('whsec')
    expect(box.open(text)).toBe('whsec_émoji 🎉')
  }
  expect(box.open(box.seal(''))).toBe('')
})

it('does not decrypt a secret that was encrypted with another key', () => {
  const sealed = createSecretBox(KEY).seal('secret')
  expect(() => createSecretBox(randomBytes(32)).open(sealed)).toThrow()
})

it('does not decrypt a secret that is truncated or has a flipped bit', () => {
  const box = createSecretBox(KEY)
  const sealed = box.seal('secret')
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    expect(() => box.open(`v1.${changed.toString('base64url')}`)).toThrow()
  }
  for (let length = 0; length < sealed.length; length++)
    expect(() => box.open(sealed.slice(0, length))).toThrow()
})

it('encrypts a secret with standard AES-256-GCM as nonce, tag and ciphertext', () => {
  const bytes = Buffer.from(createSecretBox(KEY).seal('secret').slice(3), 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12)).setAuthTag(
    bytes.subarray(12, 28),
  )
  expect(decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')).toBe('secret')
})

it('hashes a text the same each time, but differently for another purpose, text or key', () => {
  const box = createSecretBox(KEY)
  const hash = box.digest('address', 'ops@example.com')
  expect(hash).toMatch(/^[\w-]{43}$/)
  expect(createSecretBox(KEY).digest('address', 'ops@example.com')).toBe(hash)
  for (const other of [
    box.digest('mailbox', 'ops@example.com'),
    box.digest('addressops', '@example.com'),
    box.digest('address', 'ops@example.co'),
    createSecretBox(randomBytes(32)).digest('address', 'ops@example.com'),
  ])
    expect(other).not.toBe(hash)
})
