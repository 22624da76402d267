import { isIP, type TcpSocketConnectOpts } from 'node:net'
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls'
import { AttemptFault } from './attempt.js'
import { type EgressGuard, normaliseAddress } from './guard.js'

interface Connection {
  /** As `URL.hostname` has it. */
  hostname: string
  port: number
  guard: EgressGuard
  /** What is trusted, and which protocols are spoken. */
  secureContext: SecureContext
  /** Ends the connection, too, when it stands. */
  signal: AbortSignal
  /** Beyond so many bytes from the other side the connection is cut. */
  maxBytes: number
}

// Each address but the last is given so long.
const NEXT_ADDRESS_AFTER_MS = 1_000
// Broken off by the other side or the network while the two were still agreeing.
const BROKEN = /^E(CONNRESET|PIPE|TIMEDOUT|CONNABORTED)$/

/**
 * A TLS connection to an address that the guard allows: the literal or every address of the name is checked before anything is dialled,
 * those very addresses are dialled, and the peer is checked again before anything is sent. Rejects with an {@link AttemptFault}.
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
    // Whatever name servers say by now.
    lookup: (_hostname, _options, found) =>
      found(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    ALPNProtocols: ['http/1.1'],
    secureContext,
    // The environment can switch this off for the whole process.
    rejectUnauthorized: true,
  }
  const socket = connect(options)
  const end = () => socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', end, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', end))

  return new Promise((resolve, reject) => {
    let isConnected = false
    // Before the handshake begins, which is the first thing that is sent.
    socket.prependOnceListener('connect', () => {
      isConnected = true
      const peer = socket.remoteAddress ?? ''
      if (!isOneOf(addresses, peer) || !guard.isAllowed(peer))
        socket.destroy(new AttemptFault('refused-address'))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => reject(explain(error, isConnected)))
    // The parser reads on as long as headers, informational answers or the signs between chunks come.
    socket.once('secureConnect', () =>
      resolve(
        socket.on(
          'readable',
          () => void (socket.bytesRead > maxBytes && socket.destroy(new AttemptFault('too-large'))),
        ),
      ),
    )
  })
}

function explain(error: NodeJS.ErrnoException, isConnected: boolean): AttemptFault {
  if (error instanceof AttemptFault) return error
  return new AttemptFault(isConnected && !BROKEN.test(String(error.code)) ? 'tls' : 'connection', error)
}

function isOneOf(addresses: string[], peer: string): boolean {
  return addresses.some((address) => normaliseAddress(address) === normaliseAddress(peer))
}
