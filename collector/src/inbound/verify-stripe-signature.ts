import { createHmac, timingSafeEqual } from 'node:crypto'

/** A signature may be so much older or newer than our clock. */
export const TOLERANCE_MS = 300_000
const MAX_HEADER_LENGTH = 4_096
const SIGNATURE = /^[0-9a-f]{64}$/
const SECONDS = /^\d{1,12}$/

interface SignedRequest {
  /** `t=1700000000,v1=…`, perhaps with several `v1` while a secret is being replaced. */
  header: string
  /** The exact bytes. */
  body: Buffer
  secret: string
  /** ms since the epoch. */
  now: number
}

/** Whether one of the signatures of Stripe's scheme is that of the body, made within five minutes of now; compared in constant time. */
export function verifyStripeSignature({ header, body, secret, now }: SignedRequest): boolean {
  if (header.length > MAX_HEADER_LENGTH) return false
  const parts = header.split(',').map((part) => part.trim().split('=', 2))
  const valuesOf = (name: string) =>
    parts.flatMap(([key, value]) => (key === name && value !== undefined ? value : []))
  const [time, ...otherTimes] = valuesOf('t')
  if (time === undefined || otherTimes.length > 0 || !SECONDS.test(time)) return false
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest()
  const isSigned =
    valuesOf('v1').filter(
      (signature) => SIGNATURE.test(signature) && timingSafeEqual(Buffer.from(signature, 'hex'), expected),
    ).length > 0
  return isSigned && Math.abs(now - Number(time) * 1000) <= TOLERANCE_MS
}
