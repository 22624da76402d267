import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { AttemptFailure } from './attempt-failure.js'

/** Restricts outgoing requests to public IP addresses. */
export interface EgressGuard {
  /**
   * Returns the normalised URL, or a sentence that says why the URL is not allowed. Makes no DNS query,
   * because addresses are checked before each request.
   */
  checkUrl(text: string): { url: URL } | { refusal: string }
  /**
   * Resolves to all addresses of a host name in the form of `URL.hostname`. Rejects with an
   * {@link AttemptFailure} if the host has no address or if any of its addresses is not allowed.
   */
  addressesOf(hostname: string, signal: AbortSignal): Promise<string[]>
  isAllowed(address: string): boolean
}

interface EgressGuardOptions {
  /** Loopback addresses to which requests are allowed. */
  allowLoopback: readonly string[]
  /** Function that resolves host names. Tests use it to replace DNS. */
  lookUp?: LookUp
}

const MAX_URL_LENGTH = 2_048
const HTTPS_PORT = 443
const FIRST_FREE_PORT = 1_024
// Host names of this machine or its network. They are blocked regardless of their addresses.
const INNER_NAME = /^(.*\.)?(localhost|local|internal)$/

export function createEgressGuard({
  allowLoopback,
  lookUp = lookUpAddresses,
}: EgressGuardOptions): EgressGuard {
  const allowed = new Set(allowLoopback.map(normaliseAddress))
  const isAllowed = (address: string) => allowed.has(normaliseAddress(address)) || isPublicAddress(address)
  const isReachable = (hostname: string) => {
    const host = withoutBrackets(hostname)
    if (isIP(host)) return isAllowed(host)
    const name = host.replace(/\.$/, '')
    return name.includes('.') && !INNER_NAME.test(name)
  }

  return {
    isAllowed,
    checkUrl(text) {
      const url = parseUrl(text)
      // This check comes first, because it also rejects text that is not a URL.
      if (url?.protocol !== 'https:')
        return { refusal: /^https:/i.test(text.trim()) ? 'URL is not valid' : 'URL must use HTTPS' }
      if (text.length > MAX_URL_LENGTH || url.href.length > MAX_URL_LENGTH)
        return { refusal: `URL must be at most ${MAX_URL_LENGTH} characters` }
      if (url.username || url.password) return { refusal: 'URL must not contain a username or password' }
      if (text.includes('#')) return { refusal: 'URL must not contain a fragment' }
      const port = url.port === '' ? HTTPS_PORT : Number(url.port)
      if (port !== HTTPS_PORT && port < FIRST_FREE_PORT)
        return { refusal: `URL must use port ${HTTPS_PORT}, 8443 or one from ${FIRST_FREE_PORT} up` }
      return isReachable(url.hostname) ? { url } : { refusal: 'URL must name a host on the public internet' }
    },
    async addressesOf(hostname, signal) {
      const host = withoutBrackets(hostname)
      if (!isReachable(hostname)) throw new AttemptFailure('refused-address')
      if (isIP(host)) return [host]
      const addresses = await lookUp(host, signal).catch((error: unknown) => {
        throw new AttemptFailure('dns', error)
      })
      if (addresses.length === 0) throw new AttemptFailure('dns')
      // Reject the host if any of its addresses is blocked, because the connection could use any of them. The
      // failure is that of an unknown name: whoever chose the name must not learn which internal names exist.
      if (!addresses.every(isAllowed)) throw new AttemptFailure('dns')
      return addresses
    },
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

// Do not use `URL.canParse`, because Node.js 20 wrongly rejects Latin-1 text such as
// `https://Bücher.example/` in optimised code.
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

// Address of an internal Azure service (WireServer). It is blocked although it is in a public range.
const PLATFORM_ADDRESS = '168.63.129.16'
// The allocated part of the IPv6 address space. `range` also reports some addresses outside this part as
// unicast, such as ::127.0.0.1 and 100:0:0:1::/64.
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

// IPv4-compatible addresses such as ::8.8.8.8 are not routed. They are rejected here, because
// `ipaddr.process` would convert them to public addresses such as 8.8.8.8.
const OLD_TRANSITION = /^(?!::ffff:).*:.*\./i

/** Whether an IP address (without brackets) is on the public internet and does not belong to this machine. */
export function isPublicAddress(text: string): boolean {
  if (!isIP(text) || OLD_TRANSITION.test(text)) return false
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast' || address.toString() === PLATFORM_ADDRESS) return false
  if (address.kind() === 'ipv6' && !address.match(GLOBAL_UNICAST)) return false
  return !isOwnAddress(address.toString())
}

/**
 * Returns the canonical spelling of an IP address, for comparisons. IPv4-mapped IPv6 addresses become IPv4
 * addresses.
 */
export function normaliseAddress(text: string): string {
  return isIP(text) ? ipaddr.process(text).toString() : text
}

// The addresses of this machine are not cached, because they can change while the collector runs.
function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => normaliseAddress(entry.address) === address),
  )
}

/** Resolves to all addresses of a host name. Rejects or resolves to an empty array if there are none. */
type LookUp = (hostname: string, signal: AbortSignal) => Promise<string[]>

const QUERY_TIMEOUT_MS = 2_000
const TRIES = 2

/**
 * Queries the name servers of the system.
 *
 * `dns.lookup` is not used, because a few slow lookups would occupy its whole thread pool and delay all
 * others. The hosts file is not read, because it contains internal names.
 */
const lookUpAddresses: LookUp = async (hostname, signal) => {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: TRIES })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
