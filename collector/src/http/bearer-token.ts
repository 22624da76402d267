import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Creates a function that checks whether an `Authorization` header contains the bearer token. It compares
 * digests in constant time, so that its duration reveals neither the token's length nor a matching prefix.
 */
export function createBearerCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = hash(`Bearer ${token}`)
  return (authorization = '') => timingSafeEqual(hash(authorization), expected)
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
