import { isIP, type TcpSocketConnectOpts } from 'node:net'
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls'
import { AttemptFailure } from './attempt-failure.js'
import { type EgressGuard, normaliseAddress } from './guard.js'

interface Connection {
  /** The host in the spelling of `URL.hostname`. */
  hostname: string
  port: number
  guard: EgressGuard
  /** Trusted authorities and TLS versions. */
  secureContext: SecureContext
  /** Aborts the connection, even when it is established. */
  signal: AbortSignal
  /** Maximum number of bytes to receive; the connection is closed beyond it. */
  maxBytes: number
}

// The time for each address, before the next one is tried.
const NEXT_ADDRESS_AFTER_MS = 1_000
// Errors of the network, rather than of TLS, during the handshake.
const BROKEN = /^E(CONNRESET|PIPE|TIMEDOUT|CONNABORTED)$/

/**
 * Opens a TLS connection to an address that the guard allows: every address of the host is checked before
 * connecting, only checked addresses are used, and the peer is checked again before anything is sent. Rejects
 * with an {@link AttemptFailure}.
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
    // The checked addresses are used: a second DNS query may be answered differently.
    lookup: (_hostname, _options, found) =>
      found(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    ALPNProtocols: ['http/1.1'],
    secureContext,
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
    rejectUnauthorized: true,
  }
  const socket = connect(options)
  const end = () => socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', end, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', end))

  return new Promise((resolve, reject) => {
    let isConnected = false
    // This listener runs before the TLS handshake sends its first byte.
    socket.prependOnceListener('connect', () => {
      isConnected = true
      const peer = socket.remoteAddress ?? ''
      if (!isOneOf(addresses, peer) || !guard.isAllowed(peer))
        socket.destroy(new AttemptFailure('refused-address'))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => reject(toFailure(error, isConnected)))
    // The HTTP parser sets no limit on informational answers, trailers and chunk extensions.
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
