import { StartError } from '../errors.js'
import type { ControlStores } from '../stores/sql/database.js'

/** Takes sealed destinations out of all alerts: what is left to do when the key of these is lost. */
export async function forgetDestinations(
  { alerts }: Pick<ControlStores, 'alerts'>,
  isSure: boolean,
  print: (line: string) => void,
): Promise<void> {
  if (!isSure)
    throw new StartError('This takes Slack and mail addresses out of all alerts, for good. Add --yes.')
  for (const id of await alerts.removeSealedDestinations({ actor: null, at: Date.now() }))
    print(`changed: ${id}. It tells webhooks alone until other destinations are set.`)
}
