import type { FastifyInstance } from 'fastify'
import { StartError, describeError } from '../errors.js'

interface Listening {
  /** The URL of the server, such as `http://127.0.0.1:8787`. */
  url: string
  /** Answers the requests under way and closes; gives up on a hanging store or client after `withinMs`. */
  close(withinMs: number): Promise<void>
}

interface ListenOptions {
  app: FastifyInstance
  host: string
  port: number
  /** Queues of items whose requests are answered after their commit. */
  commits: { drain(): Promise<unknown>; giveUp(): void }[]
}

// With Node's default of 511, a rush of 2,000 connections reset 250: the kernel had accepted them and dropped
// their first bytes.
const BACKLOG = 4_096
const IDLE_SWEEP_MS = 50
const LAST_ANSWERS_MS = 250

/** Binds the server to `host` and `port`. Rejects with a {@link StartError}. */
export async function bindServer({ app, host, port, commits }: ListenOptions): Promise<Listening> {
  const url = await app.listen({ host, port, backlog: BACKLOG }).catch((error: unknown) => {
    throw explainListenError(error, { host, port })
  })
  return {
    url,
    async close(withinMs) {
      const timer = setTimeout(() => {
        for (const commit of commits) commit.giveUp()
        setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS).unref()
      }, withinMs)
      await closeServer(app)
      await Promise.all(commits.map((commit) => commit.drain()))
      clearTimeout(timer)
    },
  }
}

/** Closes the server once every request is answered. */
async function closeServer(app: FastifyInstance): Promise<void> {
  // Connections busy at the start of the close become idle with their answer and would be kept alive for a
  // minute.
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS)
  await app.close()
  clearInterval(sweep)
}

function explainListenError(error: unknown, { host, port }: { host: string; port: number }): StartError {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new StartError(
      `Port ${port} on ${host} is in use. Set PORT to a free one, or stop the process that listens there.`,
    )
  if (code === 'EACCES')
    return new StartError(`This user may not listen on port ${port}. Set PORT to one above 1023.`)
  return new StartError(`Cannot listen on ${host}:${port}: ${describeError(error)}. Check HOST and PORT.`)
}
