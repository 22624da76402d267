import { StartError } from '../errors.js'
import type { ControlStores } from '../stores/sql/database.js'

type Print = (line: string) => void
type Stores = Pick<ControlStores, 'control' | 'webhooks'>

export async function listWebhooks(stores: Stores, print: Print): Promise<void> {
  for (const { id, accountId, siteId, isActive, disabledReason, url } of await listAll(stores))
    print(
      [id, accountId, siteId ?? 'all sites', isActive ? 'active' : `disabled: ${disabledReason}`, url].join(
        '\t',
      ),
    )
}

/**
 * Removes one webhook by its ID, or every webhook if the ID is `all`, for example after the master key was
 * lost.
 */
export async function removeWebhooks(
  { control, webhooks }: Stores,
  id: string | undefined,
  isSure: boolean,
  print: Print,
): Promise<void> {
  if (id === undefined)
    throw new StartError('Missing webhook ID, or all. List webhooks with zenovay-collector webhook list.')
  if (!isSure) throw new StartError('This stops deliveries for good. Add --yes to confirm.')
  const ids = id === 'all' ? (await listAll({ control, webhooks })).map((webhook) => webhook.id) : [id]
  for (const webhookId of ids) {
    if (!(await webhooks.removeWebhook(webhookId, { actor: null, at: Date.now() })))
      throw new StartError(
        `No webhook has the ID "${webhookId.slice(0, 100)}". List webhooks with zenovay-collector webhook list.`,
      )
    print(`removed: ${webhookId}. A running collector applies this within two seconds.`)
  }
}

async function listAll({ control, webhooks }: Stores) {
  const accounts = await control.listAccounts()
  return (
    await Promise.all(accounts.map(({ id }) => webhooks.listWebhooks({ accountId: id, siteId: null })))
  ).flat()
}
