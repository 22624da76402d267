import type { IncomingMessage } from 'node:http'
import { createTrustedProxies } from '../ingest/create-trusted-proxies.js'

/**
 * Reads the country header of a request; empty when there is none.
 *
 * It counts only when the connection itself comes from a trusted proxy: anyone can write a header.
 */
export function createCdnCountryReader({
  countryHeader,
  trustedProxies,
}: {
  countryHeader: string | undefined
  trustedProxies: string[]
}): (request: IncomingMessage) => string {
  if (countryHeader === undefined) return () => ''
  const { isTrusted } = createTrustedProxies(trustedProxies)
  return ({ headers, socket }) => {
    const country = headers[countryHeader]
    return typeof country === 'string' &&
      socket.remoteAddress !== undefined &&
      isTrusted(socket.remoteAddress)
      ? country
      : ''
  }
}
