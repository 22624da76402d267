/**
 * The reason why an attempt got no answer; `secret`: nothing was sent, because the webhook's secret was
 * sealed with another master key. The others: {@link AttemptFailure}.
 */
export type AttemptError =
  'timeout' | 'connection' | 'dns' | 'tls' | 'refused-address' | 'cancelled' | 'too-large' | 'secret'

/**
 * An attempt without an answer:
 * - `timeout`: the answer was not complete within the deadline
 * - `connection`: the connection was refused or broke, or the answer was not HTTP
 * - `dns`: the name has no address, or its servers did not answer
 * - `tls`: the certificate is not valid for the host, or no common protocol
 * - `refused-address`: the guard blocks the URL or an address of its host
 * - `cancelled`: the caller aborted the attempt
 * - `too-large`: headers over 16 KB, or over 256 KB received
 */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure'
  readonly kind: AttemptError

  constructor(kind: AttemptError, cause?: unknown) {
    super(kind, { cause })
    this.kind = kind
  }
}
