import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { memoize } from '../cache.js'

const IPV4_SITE_BITS = 24
const IPV6_SITE_BITS = 48
const IPV6_CLIENT_BITS = 64
// Truncated addresses are cached, because truncating one takes as long as all other admission checks
// together.
const MAX_REMEMBERED_ADDRESSES = 5_000

const truncateToClient = memoize((ip) => truncate(ip, 32, IPV6_CLIENT_BITS), MAX_REMEMBERED_ADDRESSES)
const truncateToNetwork = memoize(
  (ip) => truncate(ip, IPV4_SITE_BITS, IPV6_SITE_BITS),
  MAX_REMEMBERED_ADDRESSES,
)

/**
 * Returns the key that identifies a client for rate limits. The key of an IPv6 address is its /64 network,
 * because such a network belongs to one client. The key of an IPv4 address is the address itself.
 */
export function clientOf(ip: string): string {
  return isIPv4(ip) ? ip : truncateToClient(ip)
}

/**
 * Returns the address truncated to its /24 (IPv4) or /48 (IPv6) network. This is the only part of an address
 * from which a cookieless visitor ID may be derived.
 */
export function networkOf(ip: string): string {
  return truncateToNetwork(ip)
}

function truncate(ip: string, ipv4Bits: number, ipv6Bits: number): string {
  if (!ipaddr.isValid(ip)) return ip
  const address = ipaddr.process(ip)
  const bytes = address.toByteArray()
  const bits = address.kind() === 'ipv4' ? ipv4Bits : ipv6Bits
  return ipaddr.fromByteArray(bytes.map((byte, index) => (index * 8 < bits ? byte : 0))).toString()
}

export interface TrustedProxies {
  /** Checks whether an address belongs to a trusted proxy, whose headers the collector may rely on. */
  isTrusted(address: string): boolean
  /**
   * Returns the client's address. If the peer is a trusted proxy, this is the address that the outermost
   * trusted proxy reports. Otherwise it is the address of the peer.
   */
  addressOf(request: IncomingMessage): string
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

const MAPPED_PREFIX = '::ffff:'
// Maximum number of peer addresses to cache. There are more peers than this only if clients connect without a
// proxy.
const MAX_REMEMBERED_PEERS = 1_000

/**
 * Creates the set of trusted proxies from IP addresses and CIDR ranges. Only their `X-Forwarded-For` headers
 * are used.
 *
 * The header is read from right to left, because each proxy appends one entry. An entry is used only if a
 * trusted proxy wrote it, because any client can send the entries further to the left. Reading stops at an
 * entry that is not an IP address, such as `unknown`. The proxy that wrote this entry is then treated as the
 * client. The `Forwarded` header is ignored, because the two headers could contradict each other.
 */
export function createTrustedProxies(ranges: string[]): TrustedProxies {
  const blocks = ranges.map(parseRange)

  const isTrusted = memoize((text) => {
    if (isIP(text) === 0) return false
    const address = ipaddr.process(text)
    return blocks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
  }, MAX_REMEMBERED_PEERS)

  return {
    isTrusted,
    addressOf({ socket, headers }) {
      // The `remoteAddress` of a closed socket is undefined.
      let address = parseAddress(socket.remoteAddress ?? '') ?? ''
      const forwarded = headers['x-forwarded-for']
      if (blocks.length === 0 || typeof forwarded !== 'string') return address
      for (let end = forwarded.length; end > 0 && isTrusted(address);) {
        const comma = forwarded.lastIndexOf(',', end - 1)
        const entry = parseAddress(forwarded.slice(comma + 1, end).trim())
        if (entry === undefined) break
        address = entry
        end = comma
      }
      return address
    },
  }
}

function parseRange(range: string): [Address, number] {
  const [network, bits] = ipaddr.isValidCIDR(range)
    ? ipaddr.parseCIDR(range)
    : [ipaddr.process(range), undefined]
  return [network, bits ?? network.toByteArray().length * 8]
}

/**
 * Parses an IP address in any form that proxies write: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or
 * `[2001:db8::1]:443`. Returns undefined if the text contains no valid address.
 */
export function parseAddress(text: string): string | undefined {
  const address = isIP(text) ? text : withoutPort(text)
  if (isIP(address) === 0) return undefined
  // A socket that listens on IPv6 reports the address of an IPv4 peer with this prefix.
  if (!address.toLowerCase().startsWith(MAPPED_PREFIX)) return address
  const mapped = address.slice(MAPPED_PREFIX.length)
  return isIPv4(mapped) ? mapped : ipaddr.process(address).toString()
}

function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'))
  const [host = ''] = text.split(':', 1)
  return host
}
