import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Another user's process on the engine's port. */
export interface Neighbour {
  /** Everything that was sent to it. */
  received(): string
  connections(): number
  stop(): Promise<void>
}

/** Takes a port of 127.0.0.1 as soon as it is free, and answers everything like an engine that succeeds. */
export async function startNeighbour(
  port: number,
  answer: (request: string) => string = () => 'Ok.\n',
): Promise<Neighbour> {
  const sockets = new Set<Socket>()
  let received = ''
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
      const body = answer(bytes.toString('latin1'))
      socket.write(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      )
    })
  })
  for (;;) {
    server.listen(port, '127.0.0.1')
    const isTaken = await once(server, 'listening').then(
      () => false,
      () => true,
    )
    if (!isTaken) break
    await sleep(1)
  }
  return {
    received: () => received,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
