import { StartError } from '../errors.js'
import type { ControlStores } from '../stores/sql/database.js'

/** Removes the encrypted destinations of all alerts. This is needed if the master key is lost. */
export async function forgetDestinations(
  { alerts }: Pick<ControlStores, 'alerts'>,
  isSure: boolean,
  print: (line: string) => void,
): Promise<void> {
  if (!isSure)
    throw new StartError(
      'This removes Slack and email destinations from all alerts, for good. Add --yes to confirm.',
    )
  for (const id of await alerts.removeSealedDestinations({ actor: null, at: Date.now() }))
    print(`updated: ${id}. It notifies webhooks only until new destinations are set.`)
}
