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
import { SECOND_MS } from '../../durations.js'
import { StartError } from '../../errors.js'
import { basicAuthorization, type EngineFiles, writeEngineFiles } from './engine-files.js'

/** A ClickHouse child process that serves HTTP at `url` and is restarted if it exits. */
export interface EmbeddedEngine {
  /** HTTP URL of the engine, including user and password. */
  url: string
  /** Whether the ClickHouse process is running. */
  isUp(): boolean
  /** Returns the number of times that the process was restarted. */
  restarts(): number
  stop(): Promise<void>
}

const USER = 'collector'
const POLL_MS = 25
// The start timeout is long because the engine of a collector that was just killed may still lock the data
// folder.
const START_TIMEOUT_MS = 60 * SECOND_MS
const RESTART_DELAY_MS = 500
const STOP_TIMEOUT_MS = 500
// Use the compiled file, even if this module runs from src, because the child process is plain Node without
// TypeScript support.
const ENGINE_PROCESS = fileURLToPath(new URL('../../../dist/stores/engine/engine-child.js', import.meta.url))

/**
 * Returns the path of the file that contains the engine's URL while the engine runs. Only the user that runs
 * the collector can read the file.
 */
export function engineUrlFile(folder: string): string {
  return join(folder, 'url')
}

/** Starts the embedded engine in `folder`. Rejects with a {@link StartError} if the engine cannot run. */
export async function startEmbeddedEngine(folder: string, log: Logger): Promise<EmbeddedEngine> {
  assertPlatform()
  const password = randomBytes(24).toString('hex')
  const port = await findFreePort()
  const files = await writeEngineFiles(folder, { user: USER, password })
  const url = `http://${USER}:${password}@127.0.0.1:${port}/default`

  let isStopping = false
  let restarts = 0
  let child = spawnEngine(files, port, log)
  await waitUntilServing()
  await writeFile(engineUrlFile(folder), url, { mode: 0o600 })
  void supervise()

  async function supervise(): Promise<void> {
    for (;;) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (isStopping) return
      log.error({ exitCode: child.exitCode, signal: child.signalCode }, 'embedded engine exited; restarting')
      await sleep(RESTART_DELAY_MS)
      if (isStopping) return
      restarts++
      child = spawnEngine(files, port, log)
    }
  }

  return {
    url,
    isUp: () => child.exitCode === null && child.signalCode === null,
    restarts: () => restarts,
    async stop() {
      isStopping = true
      await rm(engineUrlFile(folder), { force: true })
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.stdin!.end()
      // Kill the engine after a short timeout, because a regular shutdown waits several seconds for idle
      // connections. This is safe because acknowledged events are already on disk.
      const timeout = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await exited
      clearTimeout(timeout)
    },
  }

  // Resolves when the engine answers queries. A child that exits during the start is started again, because
  // another engine may still lock the folder.
  async function waitUntilServing(): Promise<void> {
    // The probe sends the generated password. Only this engine accepts the password, so a successful response
    // cannot come from another server on this port.
    const probe = `${new URL(url).origin}/?query=SELECT%201`
    const headers = { authorization: basicAuthorization(USER, password) }
    for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
      if (
        await fetch(probe, { headers }).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return
      if (child.exitCode === null) continue
      await sleep(RESTART_DELAY_MS)
      child = spawnEngine(files, port, log)
    }
    isStopping = true
    child.kill('SIGKILL')
    throw new StartError(
      `The embedded engine did not start in ${folder} within ${START_TIMEOUT_MS / 1000} seconds. Is another collector using this DATA_DIR? Its messages are in the log at LOG_LEVEL=debug.`,
    )
  }
}

function spawnEngine({ dataDir, configFile }: EngineFiles, port: number, log: Logger): ChildProcess {
  // The child is detached because Ctrl-C signals the whole process group, and the engine must keep running
  // until the last commit.
  const child = spawn(process.execPath, [ENGINE_PROCESS, dataDir, String(port), configFile], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  createInterface({ input: child.stderr }).on('line', (line) => log.debug({ engine: line }, 'engine'))
  // Writing to an engine that has exited fails with EPIPE. Ignore this error, because the exit event is
  // handled.
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
  // Exclude the network interfaces from the report, because their DNS lookups can take seconds.
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
