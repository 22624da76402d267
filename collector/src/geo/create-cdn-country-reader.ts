import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { remember } from '../ingest/remember.js'

type Range = [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

// More peers than proxies means that clients connect directly.
const MAX_PEERS = 1_000

/**
 * Reads the country header of a request; empty when there is none.
 *
 * It counts only when the connection itself comes from a trusted proxy: anyone can write a header.
 */
export function createCdnCountryReader({ countryHeader, trustedProxies }: { countryHeader: string | undefined; trustedProxies: string[] }): (request: IncomingMessage) => string {
  if (countryHeader === undefined) return () => ''
  const ranges = trustedProxies.map(parseRange)
  const isTrusted = remember((peer) => isWithin(ipaddr.process(peer), ranges), MAX_PEERS)
  return ({ headers, socket }) => {
    const country = headers[countryHeader]
    return typeof country === 'string' && socket.remoteAddress !== undefined && isTrusted(socket.remoteAddress) ? country : ''
  }
}

function parseRange(range: string): Range {
  if (range.includes('/')) return ipaddr.parseCIDR(range)
  const address = ipaddr.process(range)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function isWithin(peer: ipaddr.IPv4 | ipaddr.IPv6, ranges: Range[]): boolean {
  return ranges.some(([address, bits]) => address.kind() === peer.kind() && peer.match(address, bits))
}
