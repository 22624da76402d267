import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { SECOND_MS } from '../../durations.js'
import { describeError, StartError } from '../../errors.js'
import { assertPlatform } from './assert-platform.js'
import {
  createEngineAddress,
  type EngineAddress,
  removeEngineAddress,
  writeEngineAddress,
} from './engine-address.js'
import { type EngineConnection, openProvedConnection } from './engine-connection.js'
import { type EngineFiles, removeEngineFiles, writeEngineFiles } from './engine-files.js'

/**
 * A ClickHouse child process that serves HTTP on a loopback port and is restarted if it exits. Each process
 * has a port and passwords of its own.
 */
export interface EmbeddedEngine extends EngineConnection {
  /**
   * URL of the process that was started first, with its maintenance password, for another program. Connections
   * to it are not proved, and it is wrong after a restart.
   */
  url: string
  /** Whether the ClickHouse process is running. */
  isUp(): boolean
  /** Returns the number of times that the process was restarted. */
  restarts(): number
  stop(): Promise<void>
}

const POLL_MS = 25
const POLL_TIMEOUT_MS = SECOND_MS
// The start timeout is long because the engine of a collector that was just killed may still lock the data
// folder.
const START_TIMEOUT_MS = 60 * SECOND_MS
const RESTART_DELAY_MS = 500
const STOP_TIMEOUT_MS = 500
// Use the compiled file, even if this module runs from src, because the child process is plain Node without
// TypeScript support.
const ENGINE_PROCESS = fileURLToPath(new URL('../../../dist/stores/engine/engine-child.js', import.meta.url))
// Prefix of the lines of engine-child.ts that operators should see.
const WARNING = 'warning: '
// The environment of the collector holds secrets: MASTER_KEY, the password of the mail server, tokens.
const ENVIRONMENT = ['TZ', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'CHDB_LIBCHDB_PATH', 'CHDB_LIBCHDB_DIR']

/** Returns the folder that the engine in `folder` writes backups to. It is emptied at each start. */
export function engineBackupsFolder(folder: string): string {
  return join(folder, 'backups')
}

/**
 * Starts the embedded engine in `folder`. Rejects with a {@link StartError} if the engine cannot run.
 * `restoreFrom` is a folder with a backup to restore.
 */
export async function startEmbeddedEngine(
  folder: string,
  log: Logger,
  { restoreFrom }: { restoreFrom?: string } = {},
): Promise<EmbeddedEngine> {
  assertPlatform()
  const backupsDir = resolve(restoreFrom ?? engineBackupsFolder(folder))
  // A backup that was interrupted leaves its files behind.
  if (restoreFrom === undefined) await rm(backupsDir, { recursive: true, force: true })

  let isStopping = false
  let restarts = 0
  let child: ChildProcess | undefined
  let address: EngineAddress | undefined

  const first = await launch(Date.now() + START_TIMEOUT_MS).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  if (first === undefined) {
    await stop()
    throw new StartError(
      `The embedded engine did not start in ${folder} within ${START_TIMEOUT_MS / 1000} seconds. Is another collector using this DATA_DIR? Its messages are in the log at LOG_LEVEL=debug.`,
    )
  }
  void supervise()

  /**
   * Starts processes until one listens, and resolves to its address, or to undefined after the deadline. A
   * process that exits is followed by another, because another engine may still lock the folder, or another
   * program may have taken the port.
   */
  async function launch(deadline: number): Promise<EngineAddress | undefined> {
    for (;;) {
      const next = await createEngineAddress()
      const files = await writeEngineFiles(resolve(folder), { backupsDir, address: next })
      // stop() does not wait for a process that starts after it.
      if (isStopping) return
      child = spawnEngine(files, next.port, log)
      while (isRunning(child) && !isStopping) {
        const isServing = await isListening(child, next)
        if (isStopping || Date.now() > deadline) return
        if (isServing) {
          await removeEngineFiles(files)
          await writeEngineAddress(folder, next)
          return (address = next)
        }
        await sleep(POLL_MS)
      }
      await sleep(RESTART_DELAY_MS)
      if (isStopping || Date.now() > deadline) return
    }
  }

  async function supervise(): Promise<void> {
    for (;;) {
      if (isRunning(child)) await once(child, 'exit')
      address = undefined
      if (isStopping) return
      log.error(
        { exitCode: child?.exitCode, signal: child?.signalCode },
        'embedded engine exited; restarting',
      )
      await sleep(RESTART_DELAY_MS)
      if (isStopping) return
      restarts++
      await launch(Infinity).catch((error: unknown) => {
        // For example, the disk is full.
        log.error({ error: describeError(error) }, 'embedded engine cannot start; trying again')
        child?.kill('SIGKILL')
      })
    }
  }

  async function stop(): Promise<void> {
    isStopping = true
    // While it exits, the engine no longer owns its port, and may still answer a connection of someone who
    // does.
    address = undefined
    await removeEngineAddress(folder)
    const last = child
    if (!isRunning(last)) return
    const exited = once(last, 'exit')
    last.stdin!.end()
    // Kill the engine after a short timeout, because a regular shutdown waits several seconds for idle
    // connections. This is safe because acknowledged events are already on disk.
    const timeout = setTimeout(() => last.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timeout)
  }

  return {
    url: formatUrl(first),
    locate: () => address,
    isUp: () => isRunning(child),
    restarts: () => restarts,
    stop,
  }
}

function spawnEngine(files: EngineFiles, port: number, log: Logger): ChildProcess {
  const { dataDir, configFile, usersFile, backupsDir } = files
  // The child is detached because Ctrl-C signals the whole process group, and the engine must keep running
  // until the last commit.
  const child = spawn(
    process.execPath,
    [ENGINE_PROCESS, dataDir, String(port), configFile, usersFile, backupsDir],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
      cwd: dataDir,
      env: Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])),
    },
  )
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith(WARNING)) log.warn(line.slice(WARNING.length))
    else log.debug({ engine: line }, 'engine')
  })
  // Writing to an engine that has exited fails with EPIPE. Ignore this error, because the exit event is
  // handled.
  child.stdin.on('error', () => {})
  return child
}

function isRunning(child: ChildProcess | undefined): child is ChildProcess {
  return child?.exitCode === null && child.signalCode === null
}

/** Resolves to whether `child` owns its port, or to false as soon as it has exited. */
async function isListening(child: ChildProcess, { port, started }: EngineAddress): Promise<boolean> {
  const controller = new AbortController()
  const exited = once(child, 'exit', controller).then(
    () => false,
    () => false,
  )
  const proved = openProvedConnection(port, started, POLL_TIMEOUT_MS).then(
    (socket) => {
      socket.destroy()
      return true
    },
    () => false,
  )
  return Promise.race([proved, exited]).finally(() => controller.abort())
}

function formatUrl({ port, passwords }: EngineAddress): string {
  return `http://maintenance:${passwords.maintenance}@127.0.0.1:${port}/default`
}
