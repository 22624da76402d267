import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an `Authorization` header is `Bearer` with the token. Compared by digests, in constant time: neither its length nor how much of it is right shows. */
export function createBearerCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = hash(`Bearer ${token}`)
  return (authorization = '') => timingSafeEqual(hash(authorization), expected)
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
