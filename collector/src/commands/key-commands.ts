import { createApiKey } from '../auth/api-key.js'
import { StartError } from '../errors.js'
import { KEY_SCOPES, type ControlStore, type KeyScope } from '../stores/control-store.js'
import { unknownSite } from './site-commands.js'

export interface KeyOptions {
  site?: string | undefined
  name?: string | undefined
  scope?: string | undefined
}

export async function createKey(control: ControlStore, { site, name = 'key', scope = 'read' }: KeyOptions, print: (line: string) => void): Promise<void> {
  if (!(KEY_SCOPES as readonly string[]).includes(scope)) throw new StartError(`--scope is "${scope}". Write one of ${KEY_SCOPES.join(', ')}.`)
  if (site !== undefined && !(await control.findSite(site))) throw unknownSite(site)
  const { secret, record } = createApiKey({ name, siteId: site ?? null, scope: scope as KeyScope }, Date.now())
  await control.addApiKey(record)
  print(`api key: ${secret}`)
}
