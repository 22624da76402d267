import { createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * An internal service that no request may reach: it listens on every address of this machine and counts
 * connections.
 */
export interface Decoy {
  port: number
  connections(): number
  close(): Promise<void>
}

export async function startDecoy(): Promise<Decoy> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret')
  })
  await new Promise<void>((resolve, reject) => {
    // For machines without IPv6.
    server.once('error', () => server.listen(0, '0.0.0.0', resolve).once('error', reject))
    server.listen(0, '::', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
