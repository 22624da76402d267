import type { Agent } from 'node:http'
import type { EngineUser } from '../engine/engine-address.js'
import { createEngineAgent, type EngineConnection } from '../engine/engine-connection.js'

/**
 * A ClickHouse server: the one that the operator chose, by its URL including user, password and database if the
 * server requires them, or the embedded engine.
 */
export type StoreServer = { url: string } | { engine: EngineConnection }

/** Options of a ClickHouse client that connects to a server. */
interface Connection {
  url: string
  http_agent?: Agent
}

interface Credentials {
  username: string
  password: string
}

// The agent decides where to connect. This name never resolves, so that nothing is sent anywhere without it.
const ENGINE_URL = 'http://embedded-engine.invalid/default'

/** Returns how to connect to a server with at most `maxConnections` connections. */
export function connectTo(server: StoreServer, maxConnections: number): Connection {
  if (!('engine' in server)) return { url: server.url }
  return { url: ENGINE_URL, http_agent: createEngineAgent(server.engine, maxConnections) }
}

/**
 * Returns the credentials of one statement. They are part of the URL of a server that the operator chose, and
 * change when the embedded engine restarts. Throws while the engine is down.
 */
export function credentialsFor(server: StoreServer, user: EngineUser): { auth?: Credentials } {
  if (!('engine' in server)) return {}
  const address = server.engine.locate()
  if (address === undefined) throw new Error('the embedded engine is not running')
  return { auth: { username: user, password: address.passwords[user] } }
}
