import { parseArgs } from 'node:util'
import { readConfig } from '../config.js'
import type { ControlStore } from '../control/control-store.js'
import { ApiError, describeError, StartError } from '../errors.js'
import { type ControlStores, openStores } from '../stores/sql/database.js'
import { addAccount, listAccounts, updateAccount } from './accounts.js'
import { forgetDestinations } from './alerts.js'
import { createKey, listKeys, revokeKey } from './keys.js'
import { addSite, listSites, removeSite, updateSite } from './sites.js'
import { listWebhooks, removeWebhooks } from './webhooks.js'

const USAGE = `Usage: zenovay-collector <command>

  start                             start the collector (SIGTERM stops it)
  site add <domain> [--account ID] [settings]
                                    add a site to an account, or to the default account
  site list [--account ID]          list sites: ID, tracking code, domain, name, time zone,
                                    retention, allowed domains, search parameters
  site update <id> [settings]       change the given settings of a site
  site remove <id> --yes            remove a site with its keys and events, for good
  account add <name> [--plan free|pro|scale|enterprise]
                                    add an account; the default plan is free
  account list                      list accounts: ID, plan, name, creation time
  account update <id> [--name NAME] [--plan PLAN]
                                    change the given settings of an account
  key create [--account ID] [--site ID] [--name NAME] [--scope read|write|admin]
                                    create an API key for a site or, without --site, for all sites
                                    of an account or the default account; read (the default) reads
                                    reports, write sends events, admin manages sites and keys
  key list [--account ID]           list keys: ID, account, site, scope, name, creation time, last use
  key revoke <id>                   revoke a key
  webhook list                      list webhooks: ID, account, site, status, URL
  webhook remove <id>|all --yes     remove a webhook, or all of them, for good
  alert forget-destinations --yes   remove Slack and email destinations from all alerts, when the
                                    master key is lost
  backup <folder>                   write events and the control store to a new folder; safe while
                                    running
  restore <folder>                  restore a backup into an empty DATA_DIR
  rebuild-rollups                   rebuild the daily rollups; safe while running

Settings of a site:
  --domain HOST                     domain, including its subdomains (site update only)
  --name NAME                       display name; default: the domain
  --allow HOST,HOST                 other domains that may send events; null for opaque origins, such
                                    as sandboxed frames; "" for none
  --timezone ZONE                   IANA time zone, such as Europe/Zurich; default: UTC
  --retention MONTHS                months until events expire, 1 to 120; default: 25
  --search NAME,NAME                query parameters that hold what visitors search for on the site;
                                    "" for none; default: q,query,search,s

The environment configures the collector: see docs/configuration.md.`

const OPTIONS = {
  domain: { type: 'string' },
  name: { type: 'string' },
  allow: { type: 'string' },
  timezone: { type: 'string' },
  retention: { type: 'string' },
  search: { type: 'string' },
  site: { type: 'string' },
  scope: { type: 'string' },
  account: { type: 'string' },
  plan: { type: 'string' },
  yes: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Environment = Record<string, string | undefined>
type Print = (line: string) => void

// A name that was stored by an older release may control the terminal. Tabs separate columns.
// eslint-disable-next-line no-control-regex
const TERMINAL_CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/**
 * Runs one command. Rejects with a {@link StartError} whose message is one line, followed by the usage if the
 * command or an option is unknown.
 */
export async function runCli(args: string[], env: Environment, write: Print): Promise<void> {
  const print: Print = (line) => write(line.replaceAll(TERMINAL_CONTROL, '\ufffd'))
  const { values, positionals } = parse(args)
  const [noun, verb, operand] = positionals
  if (values.help || noun === 'help') return print(USAGE)
  // Load these modules on demand, because the server and the engine take longer to load than most commands
  // take to run.
  if (noun === 'backup') return (await import('./backup.js')).backUp(readConfig(env), verb, print)
  if (noun === 'rebuild-rollups') return (await import('./rollups.js')).rebuildRollups(readConfig(env), print)
  if (noun === 'restore') return (await import('./backup.js')).restore(readConfig(env), verb, print)
  switch ([noun, verb].filter(Boolean).join(' ')) {
    case 'start':
      return start(env, print)
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
      return withStores(env, (stores) => listWebhooks(stores, print))
    case 'webhook remove':
      return withStores(env, (stores) => removeWebhooks(stores, operand, values.yes === true, print))
    case 'alert forget-destinations':
      return withStores(env, (stores) => forgetDestinations(stores, values.yes === true, print))
    default:
      throw new StartError(`Unknown command "${positionals.join(' ')}". ${USAGE}`)
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new StartError(`${(error as Error).message}. ${USAGE}`)
  }
}

async function start(env: Environment, print: Print): Promise<void> {
  const config = readConfig(env)
  const { startCollector } = await import('../start-collector.js')
  const collector = await startCollector(config)
  const stopped = new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  // Whoever waits for this line may send a signal at once.
  print(`collector: ${collector.url}`)
  print('ready')
  await stopped
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
        `Cannot use the control store ${config.controlFile}: ${describeError(error.cause)}.`,
      )
    throw error
  } finally {
    await stores.control.close()
  }
}
