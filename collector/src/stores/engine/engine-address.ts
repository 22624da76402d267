import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'

/**
 * A user of the embedded engine. `collector` reads and writes rows; `maintenance` also changes the schema and
 * writes backups.
 */
export type EngineUser = 'collector' | 'maintenance'

/** A path that the engine's HTTP server answers with a secret text. Both are known to its process only. */
export interface Proof {
  path: string
  answer: string
}

/** Where one process of the embedded engine listens, and its secrets. Each process gets new ones. */
export interface EngineAddress {
  /** TCP port on 127.0.0.1. */
  port: number
  passwords: Record<EngineUser, string>
  /**
   * Asked until the engine listens. Until then, another process may own the port and see the path. The engine
   * owns the port once the answer is known, so this proof is never used again.
   */
  started: Proof
  /** Asked on each new connection, before anything else is sent. Used only after `started` was proved. */
  connected: Proof
}

/** Chooses a free port and new secrets for a process of the engine. */
export async function createEngineAddress(): Promise<EngineAddress> {
  return {
    port: await findFreePort(),
    passwords: { collector: createSecret(), maintenance: createSecret() },
    started: { path: `/${createSecret()}`, answer: createSecret() },
    connected: { path: `/${createSecret()}`, answer: createSecret() },
  }
}

/**
 * Returns the path of the file that contains the engine's address while the engine runs. Only the user that
 * runs the collector can read the file.
 */
function addressFile(folder: string): string {
  return join(folder, 'address.json')
}

/** Writes the address for commands that run beside the collector. */
export async function writeEngineAddress(folder: string, address: EngineAddress): Promise<void> {
  // A command must never read half of a file, or a file that others may read.
  const draft = `${addressFile(folder)}.part`
  await rm(draft, { force: true })
  await writeFile(draft, JSON.stringify(address), { mode: 0o600 })
  await rename(draft, addressFile(folder))
}

/** Reads the address of the engine that runs in `folder`. Resolves to undefined if there is none. */
export async function readEngineAddress(folder: string): Promise<EngineAddress | undefined> {
  const text = await readFile(addressFile(folder), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as EngineAddress)
}

/** Removes the address, so that commands do not connect to a port that no longer is the engine's. */
export async function removeEngineAddress(folder: string): Promise<void> {
  await rm(addressFile(folder), { force: true })
}

function createSecret(): string {
  return randomBytes(24).toString('hex')
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
