import { domainToASCII } from 'node:url'

// What URLs hold beside a host: a scheme, port, path or user means that more than a host was written.
const NOT_A_HOST = /[\s/\\:?#@%]/
const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/
const IPV6 = /^\[[0-9a-f:.]+\]$/

/**
 * The host name as browsers write it in `Origin`: lower case, letters beyond ASCII as punycode.
 * Undefined when it is none.
 */
export function readDomain(text: string): string | undefined {
  const host = text.trim().toLowerCase()
  if (IPV6.test(host)) return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined
  if (NOT_A_HOST.test(host)) return undefined
  const ascii = domainToASCII(host)
  return HOST_NAME.test(ascii) ? ascii : undefined
}
