import type { FastifyInstance } from 'fastify'
import { StartError, describeError } from '../errors.js'

interface Listening {
  /** The URL of the server, such as `http://127.0.0.1:8787`. */
  url: string
  /**
   * Closes the server after all pending requests are answered. After `withinMs` milliseconds, pending commits
   * are rejected and open connections are closed, because the store or a client may hang.
   */
  close(withinMs: number): Promise<void>
}

interface ListenOptions {
  app: FastifyInstance
  host: string
  port: number
  /** Commit queues. A request that added an item is answered after the item is committed. */
  commits: { drain(): Promise<unknown>; giveUp(): void }[]
}

// Node's default backlog of 511 is too small. With it, 250 of 2,000 simultaneous connections were reset.
const BACKLOG = 4_096
const IDLE_SWEEP_MS = 50
const LAST_ANSWERS_MS = 250

/**
 * Binds the server to `host` and `port`. Rejects with a {@link StartError} if the server cannot listen there.
 */
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

/** Closes the server after every pending request is answered. */
async function closeServer(app: FastifyInstance): Promise<void> {
  // Close idle connections repeatedly, because a connection that is busy when the shutdown starts becomes
  // idle after its response and would be kept alive for a minute.
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
