import { mkdir } from 'node:fs/promises'
import type { Config } from './config.js'
import { StartError, describeError } from './errors.js'
import type { ControlStore } from './stores/control-store.js'
import { openControlStores, type ControlStores } from './stores/open-control-stores.js'

/** Opens the control data alone, as the command line does. */
export async function openControlStore(config: Config): Promise<ControlStore> {
  return (await openStores(config)).control
}

/** Opens all stores of the control data, in a data folder that is made when needed. */
export async function openStores(config: Config): Promise<ControlStores> {
  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartError(
      `The data folder ${config.dataDir} cannot be made: ${describeError(error)}. Set DATA_DIR to a folder this user may write.`,
    )
  }
  return openControlStores(config.controlFile)
}
