const encoder = new TextEncoder()

/**
 * The signatures of a delivery:
 *
 * - `standard`: `webhook-signature`, over ID, time and body (https://www.standardwebhooks.com/).
 * - `zenovay`: `X-Zenovay-Signature`, over the body.
 * - `zta`: `X-ZTA-Signature`, over the body.
 */
export type SignatureFamily = 'standard' | 'zenovay' | 'zta'

export const SIGNATURE_HEADERS: Record<SignatureFamily, string> = {
  standard: 'webhook-signature',
  zenovay: 'x-zenovay-signature',
  zta: 'x-zta-signature',
}

/** What is signed. `id` and `timestamp` are used only by the family `standard`. */
export interface SignedDelivery {
  body: Uint8Array
  id: string
  timestamp: string
}

/** Computes the text of a signature as it stands in its header. */
export async function computeSignature(
  family: SignatureFamily,
  secret: string,
  { body, id, timestamp }: SignedDelivery,
): Promise<string> {
  if (family === 'standard')
    return `v1,${toBase64(await sign(decodeSecret(secret), join(encoder.encode(`${id}.${timestamp}.`), body)))}`
  const hex = Array.from(await sign(encoder.encode(secret), body), (byte) =>
    byte.toString(16).padStart(2, '0'),
  )
  return `${family === 'zta' ? 'sha256=' : ''}${hex.join('')}`
}

/** Compares two texts in a time that depends on their lengths alone. */
export function isSameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}

async function sign(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key as BufferSource, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data as BufferSource))
}

/** The bytes behind `whsec_`. */
const decodeSecret = (secret: string): Uint8Array =>
  Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (character) => character.charCodeAt(0))

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}
