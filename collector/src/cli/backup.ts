import { access, chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import type { Config } from '../config.js'
import { describeError, StartError } from '../errors.js'
import { backUpEvents, restoreEvents } from '../stores/clickhouse/backup.js'
import { startEmbeddedEngine } from '../stores/engine/embedded-engine.js'
import { openControlStore } from '../stores/sql/database.js'
import { findEngine } from './clickhouse-url.js'

type Print = (line: string) => void

// What a backup holds. The control data come last: a folder without them is no backup.
const EVENTS = 'events'
const CONTROL = 'control.db'

/** Writes a backup into a new folder while a collector runs: its events, then its sites and keys, and no salt. A failed one leaves nothing. */
export async function backUp(config: Config, name: string | undefined, print: Print): Promise<void> {
  const folder = readFolder(name)
  if (!(await exists(config.controlFile)))
    throw new StartError(
      `There is no control data in ${config.controlFile}. Set DATA_DIR as the collector has it.`,
    )
  const engineUrl =
    config.clickhouseUrl === undefined
      ? await findEngine(config, 'copy the folder without salts/')
      : undefined
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    throw new StartError(
      `The folder ${folder} cannot be made: ${describeError(error)}. Name a new one in a folder that exists and that this user and the collector's may write.`,
    )
  })
  try {
    if (engineUrl !== undefined) await backUpEvents(engineUrl, join(folder, EVENTS))
    await copyControl(config, folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error instanceof StartError
      ? error
      : new StartError(`The backup failed: ${describeError(error)}. Nothing of it is left in ${folder}.`)
  }
  print(
    `backup: ${folder}${engineUrl === undefined ? ' (sites and keys; the events are in your ClickHouse: back them up there)' : ''}`,
  )
}

/** Puts a backup into a DATA_DIR that holds nothing yet. A failed one leaves nothing. */
export async function restore(config: Config, name: string | undefined, print: Print): Promise<void> {
  const folder = readFolder(name)
  const engineDir = join(config.dataDir, 'engine')
  if (!(await exists(join(folder, CONTROL)))) throw new StartError(`There is no whole backup in ${folder}.`)
  const hasEvents = await exists(join(folder, EVENTS))
  if (hasEvents && config.clickhouseUrl !== undefined)
    throw new StartError(
      'CLICKHOUSE_URL is set, and the events of this backup belong into the embedded engine. Restore without CLICKHOUSE_URL.',
    )
  for (const path of [config.controlFile, engineDir])
    if (await exists(path))
      throw new StartError(
        `There is data already: ${path}. Set DATA_DIR to a new folder, or move what is there away.`,
      )
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
          `The restore failed: ${describeError(error)}. Nothing of it is left in ${config.dataDir}.`,
        )
  }
  print(`restored: ${config.dataDir}`)
}

function readFolder(name: string | undefined): string {
  if (!name)
    throw new StartError(
      'Name the folder of the backup: zenovay-collector backup /var/backups/zenovay/2026-11-21.',
    )
  return resolve(name)
}

async function copyControl(config: Config, folder: string): Promise<void> {
  const control = await openControlStore(config)
  const draft = join(folder, `${CONTROL}.part`)
  await control.copyTo(draft).finally(() => control.close())
  await rename(draft, join(folder, CONTROL))
}

async function restoreIntoEngine(engineDir: string, folder: string): Promise<number> {
  const engine = await startEmbeddedEngine(engineDir, pino({ level: 'silent' }))
  try {
    return await restoreEvents(engine.url, folder)
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
