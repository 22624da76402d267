import type { Reason } from './options-error.js'

/** Platforms that put the visitor's address into a header themselves, whatever the visitor has sent in it. */
export type ProxyPlatform = keyof typeof PLATFORM_HEADERS

/** Where a proxy takes the visitor's address from. */
export type ClientAddress = 'socket' | ProxyPlatform | ((request: Request) => string | undefined)

/** What a proxy knows of a visitor. */
export interface Visitor {
  /** IP address. */
  address: string
  /** Two letters, if the platform knows the country. */
  country: string | undefined
}

// The first entry of X-Forwarded-For is what the visitor has sent, and is never used. Sources, read in November 2026:
// https://vercel.com/docs/headers/request-headers
// https://developers.cloudflare.com/fundamentals/reference/http-headers/
// https://docs.netlify.com/build/functions/get-started/
// https://fly.io/docs/networking/request-headers/
const PLATFORM_HEADERS = {
  vercel: { address: 'x-real-ip', country: 'x-vercel-ip-country' },
  cloudflare: { address: 'cf-connecting-ip', country: 'cf-ipcountry' },
  netlify: { address: 'x-nf-client-connection-ip', country: undefined },
  fly: { address: 'fly-client-ip', country: undefined },
} as const

// The collector checks it closely.
const ADDRESS = /^[\da-f.:]{2,45}$/i

/** Finds the visitor of a request, or undefined if its address is unknown. `socketAddress` is that of the connection. */
export function findVisitor(
  request: Request,
  source: ClientAddress,
  socketAddress: string | undefined,
): Visitor | undefined {
  const headers = typeof source === 'string' && source !== 'socket' ? PLATFORM_HEADERS[source] : undefined
  const address = headers
    ? request.headers.get(headers.address)
    : typeof source === 'function'
      ? source(request)
      : socketAddress
  const country = headers?.country && request.headers.get(headers.country)
  if (typeof address !== 'string' || !ADDRESS.test(address)) return undefined
  return { address, country: country && /^[a-z]{2}$/i.test(country) ? country : undefined }
}

export function checkClientAddress(value: unknown): Reason {
  const names = ['socket', ...Object.keys(PLATFORM_HEADERS)]
  return value === undefined || typeof value === 'function' || names.includes(value as string)
    ? undefined
    : `must be a function or one of ${names.join(', ')}`
}
