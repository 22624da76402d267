/**
 * Returns the form of an email address that identifies a recipient. The case of the local part is ignored,
 * because no common mail server distinguishes it, and an address must not be asked once per spelling.
 */
export function normaliseAddress(address: string): string {
  return address.toLowerCase()
}

/**
 * Returns the mailbox of an email address: the address without its tag, so that `ann+1@example.com` and
 * `ann+2@example.com` share one limit.
 */
export function mailboxOf(address: string): string {
  const normalised = normaliseAddress(address)
  const at = normalised.lastIndexOf('@')
  const [user = ''] = normalised.slice(0, at).split('+')
  return (user || normalised.slice(0, at)) + normalised.slice(at)
}

/**
 * Checks whether the operator trusts an address: `trusted` contains the whole address, or its domain, in lower
 * case. A domain does not include its sub-domains.
 */
export function isTrustedAddress(address: string, trusted: readonly string[]): boolean {
  const normalised = normaliseAddress(address)
  return trusted.includes(normalised) || trusted.includes(normalised.slice(normalised.lastIndexOf('@') + 1))
}
