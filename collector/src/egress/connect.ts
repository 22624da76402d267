import { isIP, type TcpSocketConnectOpts } from 'node:net'
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls'
import { AttemptFailure } from './attempt-failure.js'
import { type EgressGuard, normaliseAddress } from './guard.js'

interface Connection {
  /** Host name in the form of `URL.hostname`. */
  hostname: string
  port: number
  guard: EgressGuard
  /** Trusted certificate authorities and allowed TLS versions. */
  secureContext: SecureContext
  /** Closes the connection if aborted, even after the connection is established. */
  signal: AbortSignal
  /** Maximum number of bytes to receive. The connection is closed if the peer sends more. */
  maxBytes: number
}

// Time to wait for one address of the host before the next address is tried.
const NEXT_ADDRESS_AFTER_MS = 1_000
// Codes of network errors that can occur during the TLS handshake but are not TLS errors.
const BROKEN = /^E(CONNRESET|PIPE|TIMEDOUT|CONNABORTED)$/

/**
 * Opens a TLS connection to a host if the egress guard allows all of its addresses. Checks the address of the
 * connected peer again before any data is sent. Rejects with an {@link AttemptFailure}.
 */
export async function connectGuarded({
  hostname,
  port,
  guard,
  secureContext,
  signal,
  maxBytes,
}: Connection): Promise<TLSSocket> {
  const addresses = await guard.addressesOf(hostname, signal)
  if (signal.aborted) throw signal.reason as Error
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const options: ConnectionOptions &
    Pick<TcpSocketConnectOpts, 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'> = {
    host,
    port,
    ...(!isIP(host) && { servername: host.replace(/\.$/, '') }),
    // Use the checked addresses, because a second DNS query could return different ones.
    lookup: (_hostname, _options, found) =>
      found(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    ALPNProtocols: ['http/1.1'],
    secureContext,
    // Set this option explicitly, because the environment variable NODE_TLS_REJECT_UNAUTHORIZED can disable
    // its default.
    rejectUnauthorized: true,
  }
  const socket = connect(options)
  const end = () => socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', end, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', end))

  return new Promise((resolve, reject) => {
    let isConnected = false
    // This listener runs before the TLS handshake sends its first byte, so that no data reaches a blocked
    // address.
    socket.prependOnceListener('connect', () => {
      isConnected = true
      const peer = socket.remoteAddress ?? ''
      if (!isOneOf(addresses, peer) || !guard.isAllowed(peer))
        socket.destroy(new AttemptFailure('refused-address'))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => reject(toFailure(error, isConnected)))
    // Limit the received bytes here, because the HTTP parser does not limit informational responses, trailers
    // and chunk extensions.
    socket.once('secureConnect', () =>
      resolve(
        socket.on(
          'readable',
          () => void (socket.bytesRead > maxBytes && socket.destroy(new AttemptFailure('too-large'))),
        ),
      ),
    )
  })
}

function toFailure(error: NodeJS.ErrnoException, isConnected: boolean): AttemptFailure {
  if (error instanceof AttemptFailure) return error
  return new AttemptFailure(isConnected && !BROKEN.test(String(error.code)) ? 'tls' : 'connection', error)
}

function isOneOf(addresses: string[], peer: string): boolean {
  return addresses.some((address) => normaliseAddress(address) === normaliseAddress(peer))
}
