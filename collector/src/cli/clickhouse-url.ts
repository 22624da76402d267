import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { StartError } from '../errors.js'
import { engineUrlFile } from '../stores/engine/embedded-engine.js'

/**
 * Finds the URL of the embedded engine of a running collector.
 *
 * Throws a {@link StartError} when none answers, which includes a URL file left by a killed collector. Its
 * message offers `alternative`, the way that works without a running collector.
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
