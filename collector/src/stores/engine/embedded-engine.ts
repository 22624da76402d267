import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { StartError } from '../../errors.js'
import { basicAuthorization, type EngineFiles, writeEngineFiles } from './engine-files.js'

/** A ClickHouse of our own: a child process that serves `url` and is started again when it dies. */
export interface EmbeddedEngine {
  /** With user and password. */
  url: string
  /** Whether its process runs. */
  isUp(): boolean
  /** How often it was started again. */
  restarts(): number
  stop(): Promise<void>
}

const USER = 'collector'
const POLL_MS = 25
// The engine of a collector that was just killed may still hold the lock of the data folder.
const START_TIMEOUT_MS = 60_000
const RESTART_DELAY_MS = 500
const PATIENCE_MS = 500
// From src and from dist alike, the compiled file: the child is plain Node.
const ENGINE_PROCESS = fileURLToPath(
  new URL('../../../dist/stores/engine/engine-process.js', import.meta.url),
)

/** The file in an engine's folder that holds its url while it runs: whoever may read the data may ask the engine. */
export function engineUrlFile(folder: string): string {
  return join(folder, 'url')
}

/** Starts the embedded engine in `folder`. Rejects with a {@link StartError} where it cannot run. */
export async function startEmbeddedEngine(folder: string, log: Logger): Promise<EmbeddedEngine> {
  assertPlatform()
  const password = randomBytes(24).toString('hex')
  const port = await findFreePort()
  const files = await writeEngineFiles(folder, { user: USER, password })
  const url = `http://${USER}:${password}@127.0.0.1:${port}/default`

  let stopping = false
  let restarts = 0
  let child = spawnEngine(files, port, log)
  await waitUntilServing()
  await writeFile(engineUrlFile(folder), url, { mode: 0o600 })
  void supervise()

  async function supervise(): Promise<void> {
    for (;;) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (stopping) return
      log.error(
        { exitCode: child.exitCode, signal: child.signalCode },
        'the embedded engine ended; it is started again',
      )
      await sleep(RESTART_DELAY_MS)
      if (stopping) return
      restarts++
      child = spawnEngine(files, port, log)
    }
  }

  return {
    url,
    isUp: () => child.exitCode === null && child.signalCode === null,
    restarts: () => restarts,
    async stop() {
      stopping = true
      await rm(engineUrlFile(folder), { force: true })
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.stdin!.end()
      // Asked to end, it waits seconds for connections that nobody uses. What is acknowledged is on disk.
      const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await ended
      clearTimeout(impatience)
    },
  }

  // A child that ends while it starts is tried again: another engine may still hold the folder.
  async function waitUntilServing(): Promise<void> {
    // Asked with our password: whoever else may listen on this port does not know it.
    const question = `${new URL(url).origin}/?query=SELECT%201`
    const headers = { authorization: basicAuthorization(USER, password) }
    for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
      if (
        await fetch(question, { headers }).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return
      if (child.exitCode === null) continue
      await sleep(RESTART_DELAY_MS)
      child = spawnEngine(files, port, log)
    }
    stopping = true
    child.kill('SIGKILL')
    throw new StartError(
      `The embedded engine did not start in ${folder} within ${START_TIMEOUT_MS / 1000} seconds. Is another collector using this DATA_DIR? Its messages are in the log at LOG_LEVEL=debug.`,
    )
  }
}

function spawnEngine({ dataDir, configFile }: EngineFiles, port: number, log: Logger): ChildProcess {
  // Detached: a terminal's Ctrl-C goes to the whole process group, and the engine must outlive the last commit.
  const child = spawn(process.execPath, [ENGINE_PROCESS, dataDir, String(port), configFile], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  createInterface({ input: child.stderr }).on('line', (line) => log.debug({ engine: line }, 'engine'))
  // The engine died with unread input: its exit is what matters.
  child.stdin.on('error', () => {})
  return child
}

function assertPlatform(): void {
  const advice = 'Set CLICKHOUSE_URL to a ClickHouse server instead (docs/configuration.md).'
  try {
    const { libchdbPath } = createRequire(import.meta.url)('chdb/libchdb') as { libchdbPath: () => string }
    libchdbPath()
  } catch {
    throw new StartError(
      `The embedded engine does not run on ${process.platform}-${process.arch}: it needs glibc Linux or macOS. ${advice}`,
    )
  }
  if (process.platform === 'linux' && !hasGlibc())
    throw new StartError(
      `The embedded engine does not run on this Linux: it needs glibc, not musl. ${advice}`,
    )
}

function hasGlibc(): boolean {
  // The report would list network interfaces, names looked up, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
