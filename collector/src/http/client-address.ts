import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { memoize } from '../cache.js'

const IPV4_SITE_BITS = 24
const IPV6_SITE_BITS = 48
const IPV6_CLIENT_BITS = 64
// Cutting one takes 8.5 µs, as much as all else that admits an event; a visitor sends several.
const MAX_REMEMBERED_ADDRESSES = 5_000

const cutToClient = memoize((ip) => cut(ip, 32, IPV6_CLIENT_BITS), MAX_REMEMBERED_ADDRESSES)
const cutToNetwork = memoize((ip) => cut(ip, IPV4_SITE_BITS, IPV6_SITE_BITS), MAX_REMEMBERED_ADDRESSES)

/** What limits are kept by: an IPv4 address, or the /64 of an IPv6 one, whose addresses all belong to one client. */
export function clientOf(ip: string): string {
  return isIPv4(ip) ? ip : cutToClient(ip)
}

/** An address cut to /24 or /48: all of it that may enter the visitor id of a cookieless visitor. */
export function networkOf(ip: string): string {
  return cutToNetwork(ip)
}

function cut(ip: string, ipv4Bits: number, ipv6Bits: number): string {
  if (!ipaddr.isValid(ip)) return ip
  const address = ipaddr.process(ip)
  const bytes = address.toByteArray()
  const bits = address.kind() === 'ipv4' ? ipv4Bits : ipv6Bits
  return ipaddr.fromByteArray(bytes.map((byte, index) => (index * 8 < bits ? byte : 0))).toString()
}

export interface TrustedProxies {
  /** Whether an address is one of the proxies: only then do its headers count. */
  isTrusted(address: string): boolean
  /** The address a request came from: the peer's, or behind trusted proxies the one that the outermost of them names. */
  addressOf(request: IncomingMessage): string
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

const MAPPED_PREFIX = '::ffff:'
// More peers than proxies means that clients connect directly.
const MAX_REMEMBERED_PEERS = 1_000

/**
 * Proxies by address or CIDR range, whose `X-Forwarded-For` counts.
 *
 * It is read from the right, where the nearest proxy wrote, as long as the writer is trusted: what stands further left,
 * anybody may have sent. At an entry that is no address (`unknown`, an obfuscated name) reading ends, and the proxy that
 * wrote it stands for all who come through it. `Forwarded` is never read: two headers that may differ are one too many.
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
      // A socket that is gone has no address any more.
      let address = readAddress(socket.remoteAddress ?? '') ?? ''
      const forwarded = headers['x-forwarded-for']
      if (blocks.length === 0 || typeof forwarded !== 'string') return address
      for (let end = forwarded.length; end > 0 && isTrusted(address);) {
        const comma = forwarded.lastIndexOf(',', end - 1)
        const entry = readAddress(forwarded.slice(comma + 1, end).trim())
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

/** An address as proxies write it: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`. */
function readAddress(text: string): string | undefined {
  const address = isIP(text) ? text : withoutPort(text)
  if (isIP(address) === 0) return undefined
  // How a socket that listens on IPv6 writes an IPv4 peer.
  if (!address.toLowerCase().startsWith(MAPPED_PREFIX)) return address
  const mapped = address.slice(MAPPED_PREFIX.length)
  return isIPv4(mapped) ? mapped : ipaddr.process(address).toString()
}

function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'))
  const [host = ''] = text.split(':', 1)
  return host
}
