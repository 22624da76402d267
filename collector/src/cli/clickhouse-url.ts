import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { StartError } from '../errors.js'
import { engineUrlFile } from '../stores/engine/embedded-engine.js'

/**
 * Returns the URL of the embedded engine of a running collector.
 *
 * Throws a {@link StartError} if the engine does not answer, for example if a killed collector left its URL
 * file behind. The error message suggests `alternative`, a method that works while the collector is stopped.
 */
export async function findEngineUrl({ dataDir }: Config, alternative?: string): Promise<string> {
  const url = await readFile(engineUrlFile(join(dataDir, 'engine')), 'utf8').catch(() => undefined)
  const isServing =
    url !== undefined &&
    (await fetch(new URL('/ping', new URL(url).origin)).then(
      ({ ok }) => ok,
      () => false,
    ))
  if (!isServing)
    throw new StartError(
      `No collector is running on ${dataDir}, or this user cannot read the folder. Start it${alternative ? `; or, while it is stopped, ${alternative}` : ''}.`,
    )
  return url
}
