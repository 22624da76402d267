import { StartError } from '../errors.js'
import type { ControlStores } from '../stores/sql/database.js'
import type { Webhook } from '../webhooks/webhook.js'

type Print = (line: string) => void
type Stores = Pick<ControlStores, 'control' | 'webhooks'>

export async function printWebhooks(stores: Stores, print: Print): Promise<void> {
  for (const { id, accountId, siteId, isActive, disabledReason, url } of await findAll(stores))
    print(
      [id, accountId, siteId ?? 'all sites', isActive ? 'active' : `disabled: ${disabledReason}`, url].join(
        '\t',
      ),
    )
}

/** Removes one by its id, or `all`: what is left to do when the key of their secrets is lost. */
export async function removeWebhooks(
  { control, webhooks }: Stores,
  id: string | undefined,
  isSure: boolean,
  print: Print,
): Promise<void> {
  if (id === undefined)
    throw new StartError('Name the webhook by its id, or write all. See zenovay-collector webhook list.')
  if (!isSure) throw new StartError('This stops deliveries for good. Add --yes.')
  const chosen = id === 'all' ? (await findAll({ control, webhooks })).map((webhook) => webhook.id) : [id]
  for (const one of chosen) {
    if (!(await webhooks.removeWebhook(one, { actor: null, at: Date.now() })))
      throw new StartError(
        `There is no webhook with the id "${one.slice(0, 100)}". See zenovay-collector webhook list.`,
      )
    print(`removed: ${one}. A running collector follows within two seconds.`)
  }
}

async function findAll({ control, webhooks }: Stores): Promise<Webhook[]> {
  const accounts = await control.listAccounts()
  return (
    await Promise.all(accounts.map(({ id }) => webhooks.listWebhooks({ accountId: id, siteId: null })))
  ).flat()
}
