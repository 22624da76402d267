import type { AttemptError } from './attempt.js'

/**
 * Ends an attempt without an answer:
 * - `timeout`: the answer was not whole within the deadline
 * - `connection`: nobody listened, the connection broke, or what came was not HTTP
 * - `dns`: the name has no address, or its servers did not answer
 * - `tls`: the certificate is not valid for the host, or no protocol was agreed upon
 * - `refused-address`: the URL, or an address of its host, is one that nothing may be sent to
 * - `cancelled`: whoever asked for the attempt gave it up
 * - `too-large`: more headers than anybody needs
 */
export class AttemptFault extends Error {
  override readonly name = 'AttemptFault'
  readonly kind: AttemptError

  constructor(kind: AttemptError, cause?: unknown) {
    super(kind, { cause })
    this.kind = kind
  }
}
