import { DEFAULT_ACCOUNT_ID } from '../control/accounts.js'
import type { ControlStore } from '../control/control-store.js'
import { createApiKey, isKeyScope, KEY_SCOPES, type KeyReach } from '../control/keys/api-key.js'
import { StartError } from '../errors.js'
import { assertAccount, assertName } from './accounts.js'
import { unknownSite } from './sites.js'

interface KeyOptions {
  account?: string | undefined
  site?: string | undefined
  name?: string | undefined
  scope?: string | undefined
}

type Print = (line: string) => void

export async function createKey(
  control: ControlStore,
  { name = 'key', scope = 'read', ...options }: KeyOptions,
  print: Print,
): Promise<void> {
  if (!isKeyScope(scope))
    throw new StartError(`--scope must be one of ${KEY_SCOPES.join(', ')}, not "${scope}".`)
  const { secret, record } = createApiKey(
    { name: assertName('--name', name), scope, ...(await findReach(control, options)) },
    Date.now(),
  )
  await control.addApiKey(record)
  print(`api key: ${secret}`)
}

export async function listKeys(
  control: ControlStore,
  { account }: Pick<KeyOptions, 'account'>,
  print: Print,
): Promise<void> {
  const given = await assertAccount(control, account)
  const keys =
    given === undefined ? control.listApiKeys() : control.listApiKeysOf({ accountId: given, siteId: null })
  const formatTime = (at: number) => new Date(at).toISOString()
  for (const { id, accountId, siteId, scope, name, createdAt, lastUsedAt } of await keys)
    print(
      [
        id,
        accountId,
        siteId ?? 'all sites',
        scope,
        name,
        formatTime(createdAt),
        lastUsedAt === null ? 'never used' : formatTime(lastUsedAt),
      ].join('\t'),
    )
}

export async function revokeKey(control: ControlStore, id: string | undefined, print: Print): Promise<void> {
  if (id === undefined) throw new StartError('Missing key ID. List keys with zenovay-collector key list.')
  if (!(await control.removeApiKey(id)))
    throw new StartError(
      `No key has the ID "${id.slice(0, 100)}". List keys with zenovay-collector key list.`,
    )
  print(`revoked: ${id}. A running collector rejects it immediately.`)
}

async function findReach(
  control: ControlStore,
  { account, site }: Pick<KeyOptions, 'account' | 'site'>,
): Promise<KeyReach> {
  const accountId = await assertAccount(control, account)
  if (site === undefined) return { accountId: accountId ?? DEFAULT_ACCOUNT_ID, siteId: null }
  const found = await control.findSite(site)
  if (!found) throw unknownSite(site)
  if (accountId !== undefined && accountId !== found.accountId)
    throw new StartError(
      `The site ${found.id} belongs to the account ${found.accountId}. Leave out --account.`,
    )
  return { accountId: found.accountId, siteId: found.id }
}
