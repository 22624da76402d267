import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** Encrypts, decrypts and hashes text with the master key. */
export interface SecretBox {
  /** Encrypts a text. The result is different each time, even for the same text. */
  seal(text: string): string
  /** Decrypts a text. Throws if the text was modified or encrypted with another key. */
  open(sealed: string): string
  /**
   * Returns the keyed hash of a text: 43 characters that are the same each time, and that nobody can compute
   * or check a guess against without the master key. Hashes for different purposes are unrelated.
   */
  digest(purpose: string, text: string): string
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
// Prefix that identifies the version of the format.
const PREFIX = 'v1.'

/**
 * Creates a secret box that uses AES-256-GCM with a key of 32 bytes. The random nonces are safe for a few
 * billion texts per key.
 */
export function createSecretBox(masterKey: Buffer): SecretBox {
  // A key of its own for each purpose, so that no hash depends on the key that encrypts.
  const keyFor = (purpose: string) => createHmac('sha256', masterKey).update(`digest ${purpose}`).digest()
  return {
    digest: (purpose, text) => createHmac('sha256', keyFor(purpose)).update(text).digest('base64url'),
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES })
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.startsWith(PREFIX) ? sealed.slice(PREFIX.length) : '', 'base64url')
      const [nonce, tag, text] = [
        bytes.subarray(0, NONCE_BYTES),
        bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES),
        bytes.subarray(NONCE_BYTES + TAG_BYTES),
      ]
      if (tag.length < TAG_BYTES) throw new Error('not a sealed text')
      const decipher = createDecipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES }).setAuthTag(
        tag,
      )
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
    },
  }
}
