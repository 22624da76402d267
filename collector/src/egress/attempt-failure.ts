/**
 * The reason why an attempt received no complete response. `secret` means that the webhook secret could not
 * be decrypted, so nothing was sent. {@link AttemptFailure} describes all other reasons.
 */
export const ATTEMPT_ERRORS = [
  'timeout',
  'connection',
  'dns',
  'tls',
  'refused-address',
  'cancelled',
  'too-large',
  'secret',
] as const
export type AttemptError = (typeof ATTEMPT_ERRORS)[number]

/**
 * The error of an attempt that received no complete response:
 * - `timeout`: the response was not complete before the deadline
 * - `connection`: the connection was refused or broke, or the response was not HTTP
 * - `dns`: the host name has no public address, or its name servers did not respond. A name that only the
 *   network of the collector knows has the same failure as an unknown one
 * - `tls`: the certificate is not valid for the host, or the TLS handshake failed for another reason
 * - `refused-address`: the egress guard blocks the URL by its text, or the address that was connected
 * - `cancelled`: the caller aborted the attempt
 * - `too-large`: the response headers exceed 16 KB, or more than 256 KB were received
 */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure'
  readonly kind: AttemptError

  constructor(kind: AttemptError, cause?: unknown) {
    super(kind, { cause })
    this.kind = kind
  }
}
