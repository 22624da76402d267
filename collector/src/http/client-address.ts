import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { memoize } from '../cache.js'

const IPV4_SITE_BITS = 24
const IPV6_SITE_BITS = 48
const IPV6_CLIENT_BITS = 64
// Truncating an address takes 8.5 µs, as long as the rest of admission, and a visitor sends several events.
const MAX_REMEMBERED_ADDRESSES = 5_000

const truncateToClient = memoize((ip) => truncate(ip, 32, IPV6_CLIENT_BITS), MAX_REMEMBERED_ADDRESSES)
const truncateToNetwork = memoize(
  (ip) => truncate(ip, IPV4_SITE_BITS, IPV6_SITE_BITS),
  MAX_REMEMBERED_ADDRESSES,
)

/**
 * The key of rate limits: an IPv4 address, or the /64 network of an IPv6 address, which belongs to one
 * client.
 */
export function clientOf(ip: string): string {
  return isIPv4(ip) ? ip : truncateToClient(ip)
}

/**
 * An address truncated to /24 (IPv4) or /48 (IPv6): the only part that may enter the ID of a cookieless
 * visitor.
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
  /** Whether an address is one of the proxies, whose headers count. */
  isTrusted(address: string): boolean
  /**
   * The client address: that of the peer, or behind trusted proxies the one that the outermost of them
   * reports.
   */
  addressOf(request: IncomingMessage): string
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

const MAPPED_PREFIX = '::ffff:'
// The number of peers in memory. When there are more, clients connect directly.
const MAX_REMEMBERED_PEERS = 1_000

/**
 * Trusted proxies by address or CIDR range, whose `X-Forwarded-For` counts.
 *
 * The header is read from the right, where the nearest proxy appended, as long as the writer is trusted; any
 * client can send the rest. Reading stops at an entry that is not an address (`unknown`, an obfuscated name):
 * the proxy that wrote it then counts as the client. `Forwarded` is ignored, because two headers could
 * contradict each other.
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
      // The address of a closed socket is undefined.
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
 * Parses an address as proxies write it: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`.
 */
function parseAddress(text: string): string | undefined {
  const address = isIP(text) ? text : withoutPort(text)
  if (isIP(address) === 0) return undefined
  // A socket that listens on IPv6 reports IPv4 peers with this prefix.
  if (!address.toLowerCase().startsWith(MAPPED_PREFIX)) return address
  const mapped = address.slice(MAPPED_PREFIX.length)
  return isIPv4(mapped) ? mapped : ipaddr.process(address).toString()
}

function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'))
  const [host = ''] = text.split(':', 1)
  return host
}
