import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Checks an `Authorization` header for a bearer token. Compares digests in constant time, which reveals
 * neither the length of the token nor a matching prefix.
 */
export function createBearerCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = hash(`Bearer ${token}`)
  return (authorization = '') => timingSafeEqual(hash(authorization), expected)
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
