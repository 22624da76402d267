import { randomUUID } from 'node:crypto'
import { access, chmod, copyFile, cp, mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import type { Config } from '../config.js'
import { describeError, StartError } from '../errors.js'
import { backUpEvents, restoreEvents } from '../stores/clickhouse/backup.js'
import { engineBackupsFolder, startEmbeddedEngine } from '../stores/engine/embedded-engine.js'
import type { EngineConnection } from '../stores/engine/engine-connection.js'
import { openControlStore } from '../stores/sql/database.js'
import { findEngine } from './find-engine.js'

type Print = (line: string) => void

// Names of the files in a backup. The control store is written last, so a folder without it is an incomplete
// backup.
const EVENTS = 'events'
const CONTROL = 'control.db'

/**
 * Backs up the control store and the events of the embedded engine to a new folder while the collector runs.
 * Salts are not included. If the backup fails, the folder is removed.
 */
export async function backUp(config: Config, name: string | undefined, print: Print): Promise<void> {
  const folder = parseFolder(name)
  if (!(await exists(config.controlFile)))
    throw new StartError(`No control store in ${config.controlFile}. Set DATA_DIR to that of the collector.`)
  const engine =
    config.clickhouseUrl === undefined
      ? await findEngine(config, 'copy the folder without salts/')
      : undefined
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    throw new StartError(
      `Cannot create the folder ${folder}: ${describeError(error)}. Choose a new folder in an existing one that this user can write to.`,
    )
  })
  try {
    if (engine) await copyEvents(engine, config, join(folder, EVENTS))
    await copyControl(config, folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error instanceof StartError
      ? error
      : new StartError(`The backup failed: ${describeError(error)}. ${folder} was removed.`)
  }
  print(
    `backup: ${folder}${engine === undefined ? ' (control store only; back up the events with ClickHouse)' : ''}`,
  )
}

/** Restores a backup into an empty DATA_DIR. If the restore fails, all restored files are removed. */
export async function restore(config: Config, name: string | undefined, print: Print): Promise<void> {
  const folder = parseFolder(name)
  const engineDir = join(config.dataDir, 'engine')
  if (!(await exists(join(folder, CONTROL)))) throw new StartError(`No complete backup in ${folder}.`)
  const hasEvents = await exists(join(folder, EVENTS))
  if (hasEvents && config.clickhouseUrl !== undefined)
    throw new StartError(
      'The backup contains events of the embedded engine, but CLICKHOUSE_URL is set. Restore without CLICKHOUSE_URL.',
    )
  for (const path of [config.controlFile, engineDir])
    if (await exists(path))
      throw new StartError(`${path} already exists. Set DATA_DIR to an empty folder, or move the data away.`)
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  try {
    if (hasEvents) print(`events: ${await restoreIntoEngine(engineDir, join(folder, EVENTS))}`)
    await copyFile(join(folder, CONTROL), config.controlFile)
    await chmod(config.controlFile, 0o600)
  } catch (error) {
    for (const path of [config.controlFile, engineDir]) await rm(path, { recursive: true, force: true })
    throw error instanceof StartError
      ? error
      : new StartError(
          `The restore failed: ${describeError(error)}. Its files were removed from ${config.dataDir}.`,
        )
  }
  print(`restored: ${config.dataDir}`)
}

function parseFolder(name: string | undefined): string {
  if (!name)
    throw new StartError(
      'Missing backup folder. Example: zenovay-collector backup /var/backups/zenovay/2026-11-21',
    )
  return resolve(name)
}

/**
 * Lets the engine write the events into its own folder, the only one it may write to, and moves them to
 * `target`. They exist twice for a moment if `target` is on another file system.
 */
async function copyEvents(engine: EngineConnection, config: Config, target: string): Promise<void> {
  const draft = join(resolve(engineBackupsFolder(join(config.dataDir, 'engine'))), randomUUID())
  try {
    await backUpEvents({ engine }, draft)
    await rename(draft, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error
      await cp(draft, target, { recursive: true })
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function copyControl(config: Config, folder: string): Promise<void> {
  const control = await openControlStore(config)
  const draft = join(folder, `${CONTROL}.part`)
  await control.copyTo(draft).finally(() => control.close())
  await rename(draft, join(folder, CONTROL))
}

async function restoreIntoEngine(engineDir: string, folder: string): Promise<number> {
  const engine = await startEmbeddedEngine(engineDir, pino({ level: 'silent' }), { restoreFrom: folder })
  try {
    return await restoreEvents({ engine }, folder)
  } finally {
    await engine.stop()
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
