import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { StartError } from '../errors.js'
import { engineUrlFile } from '../stores/engine/embedded-engine.js'

/** The url of the engine of a running collector. One that was killed leaves the file behind. `instead` is what may be done while none runs. */
export async function findEngine({ dataDir }: Config, instead?: string): Promise<string> {
  const url = await readFile(engineUrlFile(join(dataDir, 'engine')), 'utf8').catch(() => undefined)
  const isServing =
    url !== undefined &&
    (await fetch(new URL('/ping', new URL(url).origin)).then(
      ({ ok }) => ok,
      () => false,
    ))
  if (!isServing)
    throw new StartError(
      `No collector runs on ${dataDir}, or this user may not read that folder. Start it${instead ? `; or, while it is stopped, ${instead}` : ''}.`,
    )
  return url
}
