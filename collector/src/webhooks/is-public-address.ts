import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'

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
