import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Keeps texts so that only who has the master key can read them. */
export interface SecretBox {
  /** Another text each time. */
  seal(text: string): string
  /** Throws when it was sealed with another key, or changed. */
  open(sealed: string): string
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
// Tells the format, so that another may follow.
const PREFIX = 'v1.'

/** Seals with AES-256-GCM under a key of 32 bytes; random nonces do for some billion texts. */
export function createSecretBox(masterKey: Buffer): SecretBox {
  return {
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
      if (tag.length < TAG_BYTES) throw new Error('this is no sealed text')
      const decipher = createDecipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES }).setAuthTag(
        tag,
      )
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
    },
  }
}
