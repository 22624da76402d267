import { parseArgs } from 'node:util'
import { readConfig } from '../config.js'
import type { ControlStore } from '../control/control-store.js'
import { ApiError, describeError, StartError } from '../errors.js'
import { type ControlStores, openStores } from '../stores/sql/database.js'
import { addAccount, listAccounts, updateAccount } from './accounts.js'
import { forgetDestinations } from './alerts.js'
import { createKey, listKeys, revokeKey } from './keys.js'
import { addSite, listSites, removeSite, updateSite } from './sites.js'
import { printWebhooks, removeWebhooks } from './webhooks.js'

const USAGE = `Usage: zenovay-collector <command>

  start                             run the collector until it is told to stop
  site add <domain> [--account ID] [settings]
                                    add a site to an account; the default one unless given
  site list [--account ID]          every site: id, tracking code, domain, name, time zone, retention, other domains
  site update <id> [settings]       change the named settings of a site
  site remove <id> --yes            remove a site with its keys and all its events, for good
  account add <name> [--plan free|pro|scale|enterprise]
                                    add an account, on the plan free unless given
  account list                      every account: id, plan, name, when it was made
  account update <id> [--name NAME] [--plan PLAN]
                                    change the named settings of an account
  key create [--account ID] [--site ID] [--name NAME] [--scope read|write|admin]
                                    an API key for one site or, without --site, for all sites of
                                    an account, the default one unless given; read (the default)
                                    gives reports, write sends events, admin manages sites and keys
  key list [--account ID]           every key: id, account, site, scope, name, made, last used
  key revoke <id>                   refuse a key from now on
  webhook list                      every webhook: id, account, site, whether it is active, URL
  webhook remove <id>|all --yes     stop deliveries to a webhook, or to all of them, for good
  alert forget-destinations --yes   take Slack and mail addresses out of all alerts, when the key of these is lost
  backup <folder>                   events, sites and keys into a new folder, while the collector runs
  restore <folder>                  a backup into a DATA_DIR that holds nothing yet
  rebuild-rollups                   makes what reports read of past days anew, while the collector runs

Settings of a site:
  --domain HOST                     its domain; sub-domains belong to it (update only)
  --name NAME                       what it is called; the domain unless given
  --allow HOST,HOST                 other domains that may send events; "" for none
  --timezone ZONE                   IANA name, such as Europe/Zurich; UTC unless given
  --retention MONTHS                older events are deleted, 1 to 120; 25 unless given

The collector's own settings come from the environment: see docs/configuration.md.`

const OPTIONS = {
  domain: { type: 'string' },
  name: { type: 'string' },
  allow: { type: 'string' },
  timezone: { type: 'string' },
  retention: { type: 'string' },
  site: { type: 'string' },
  scope: { type: 'string' },
  account: { type: 'string' },
  plan: { type: 'string' },
  yes: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Environment = Record<string, string | undefined>
type Print = (line: string) => void

/** Runs one command. Rejects with a {@link StartError} whose message is one line. */
export async function runCli(args: string[], env: Environment, print: Print): Promise<void> {
  const { values, positionals } = parse(args)
  const [noun, verb, operand] = positionals
  if (values.help || noun === 'help') return print(USAGE)
  // To load the server and the engine takes longer than most commands, which need neither.
  if (noun === 'backup') return (await import('./backup.js')).backUp(readConfig(env), verb, print)
  if (noun === 'rebuild-rollups') return (await import('./rollups.js')).rebuildRollups(readConfig(env), print)
  if (noun === 'restore') return (await import('./backup.js')).restore(readConfig(env), verb, print)
  switch ([noun, verb].filter(Boolean).join(' ')) {
    case 'start':
      return run(env, print)
    case 'site add':
      return withControl(env, (control) => addSite(control, { domain: operand, ...values }, print))
    case 'site list':
      return withControl(env, (control) => listSites(control, values, print))
    case 'site update':
      return withControl(env, (control) => updateSite(control, operand, values, print))
    case 'site remove':
      return withControl(env, (control) => removeSite(control, operand, values.yes === true, print))
    case 'account add':
      return withControl(env, (control) => addAccount(control, { name: operand, plan: values.plan }, print))
    case 'account list':
      return withControl(env, (control) => listAccounts(control, print))
    case 'account update':
      return withControl(env, (control) => updateAccount(control, operand, values, print))
    case 'key list':
      return withControl(env, (control) => listKeys(control, values, print))
    case 'key revoke':
      return withControl(env, (control) => revokeKey(control, operand, print))
    case 'key create':
      return withControl(env, (control) => createKey(control, values, print))
    case 'webhook list':
      return withStores(env, (stores) => printWebhooks(stores, print))
    case 'webhook remove':
      return withStores(env, (stores) => removeWebhooks(stores, operand, values.yes === true, print))
    case 'alert forget-destinations':
      return withStores(env, (stores) => forgetDestinations(stores, values.yes === true, print))
    default:
      throw new StartError(`There is no command "${positionals.join(' ')}". ${USAGE}`)
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new StartError(`${(error as Error).message}. ${USAGE}`)
  }
}

async function run(env: Environment, print: Print): Promise<void> {
  const config = readConfig(env)
  const { startCollector } = await import('../start-collector.js')
  const collector = await startCollector(config)
  print(`collector: ${collector.url}`)
  print('ready')
  await new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  await collector.close()
}

function withControl(env: Environment, use: (control: ControlStore) => Promise<void>): Promise<void> {
  return withStores(env, ({ control }) => use(control))
}

async function withStores(env: Environment, use: (stores: ControlStores) => Promise<void>): Promise<void> {
  const config = readConfig(env)
  const stores = await openStores(config)
  try {
    await use(stores)
  } catch (error) {
    if (error instanceof ApiError)
      throw new StartError(
        `The control data in ${config.controlFile} cannot be used: ${describeError(error.cause)}.`,
      )
    throw error
  } finally {
    await stores.control.close()
  }
}
