import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { AttemptFault } from './attempt.js'

/** Decides where webhooks may be sent. */
export interface EgressGuard {
  /** The URL as it is called, or a sentence that says what is wrong with it. Asks nobody: the addresses of a name are checked when it is called. */
  checkUrl(text: string): { url: URL } | { refusal: string }
  /** Every address of a host (as `URL.hostname` has it), all of them allowed. Rejects with an {@link AttemptFault}, also when a single one is not. */
  addressesOf(hostname: string, signal: AbortSignal): Promise<string[]>
  isAllowed(address: string): boolean
}

interface EgressGuardOptions {
  /** Loopback addresses that may be called nevertheless. */
  allowLoopback: readonly string[]
  /** Replaced in tests. */
  lookUp?: LookUp
}

const MAX_URL_LENGTH = 2_048
const HTTPS_PORT = 443
const FIRST_FREE_PORT = 1_024
// Names that lead to this machine or its neighbours, whatever name servers say.
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
      const url = URL.canParse(text) ? new URL(text) : undefined
      // First, and also for what is no URL at all.
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
      if (!isReachable(hostname)) throw new AttemptFault('refused-address')
      if (isIP(host)) return [host]
      const addresses = await lookUp(host, signal).catch((error: unknown) => {
        throw new AttemptFault('dns', error)
      })
      if (addresses.length === 0) throw new AttemptFault('dns')
      // One that is not allowed among others is somebody's try to be lucky.
      if (!addresses.every(isAllowed)) throw new AttemptFault('refused-address')
      return addresses
    },
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

// Azure answers its machines there, from the midst of public addresses.
const PLATFORM_ADDRESS = '168.63.129.16'
// All that is handed out of IPv6. Outside of it lie ::127.0.0.1, 100:0:0:1::/64 and other addresses that `range` calls unicast.
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

// Nobody routes ::8.8.8.8, which `process` takes for 8.8.8.8.
const OLD_TRANSITION = /^(?!::ffff:).*:.*\./i

/** Whether an address, written without brackets, is one of the public internet and not one of this machine. */
export function isPublicAddress(text: string): boolean {
  if (!isIP(text) || OLD_TRANSITION.test(text)) return false
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast' || address.toString() === PLATFORM_ADDRESS) return false
  if (address.kind() === 'ipv6' && !address.match(GLOBAL_UNICAST)) return false
  return !isOwnAddress(address.toString())
}

/** An address in the one spelling in which it can be compared; IPv4 within IPv6 is IPv4. */
export function normaliseAddress(text: string): string {
  return isIP(text) ? ipaddr.process(text).toString() : text
}

// Asked each time: addresses come and go while a collector runs.
function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => normaliseAddress(entry.address) === address),
  )
}

/** All addresses of a name; rejects, or gives none, when it has none. */
type LookUp = (hostname: string, signal: AbortSignal) => Promise<string[]>

const QUERY_TIMEOUT_MS = 2_000
const TRIES = 2

/**
 * Asks the name servers of the system.
 *
 * Not `dns.lookup`: that holds one of four threads until it is answered, and a few names whose servers are slow would keep every
 * other name waiting. The file of hosts is not read: it names machines that nothing is sent to.
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
