import { join } from 'node:path'
import type { Config } from '../config.js'
import { StartError } from '../errors.js'
import { readEngineAddress } from '../stores/engine/engine-address.js'
import { type EngineConnection, openProvedConnection } from '../stores/engine/engine-connection.js'

/**
 * Finds the embedded engine of a running collector.
 *
 * Throws a {@link StartError} if the engine does not answer, for example if a killed collector left its address
 * behind. The error message suggests `alternative`, a method that works while the collector is stopped.
 */
export async function findEngine({ dataDir }: Config, alternative?: string): Promise<EngineConnection> {
  const address = await readEngineAddress(join(dataDir, 'engine'))
  const isServing =
    address !== undefined &&
    (await openProvedConnection(address.port, address.connected).then(
      (socket) => socket.destroy(),
      () => undefined,
    ))
  if (!isServing)
    throw new StartError(
      `No collector is running on ${dataDir}, or this user cannot read the folder. Start it${alternative ? `; or, while it is stopped, ${alternative}` : ''}.`,
    )
  return { locate: () => address }
}
