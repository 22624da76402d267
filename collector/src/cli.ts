import { parseArgs } from 'node:util'
import { createApiKey } from './auth/api-key.js'
import { readConfig } from './config.js'
import { ApiError, StartError, describeError } from './errors.js'
import { openControlStore, startCollector } from './start-collector.js'
import type { ControlStore } from './stores/control-store.js'

const USAGE = `Usage: zenovay-collector <command>

  start                                     run the collector until it is told to stop
  site add <domain> [--name NAME] [--allow HOST,HOST]
                                            add a site; --allow names other hosts that may send events
  site list                                 every site with its tracking code
  key create [--site ID] [--name NAME]      an API key for one site or, without --site, for all

Settings come from the environment: see docs/configuration.md.`

const DOMAIN = /^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$|^\[[0-9a-f:]+\]$/

type Environment = Record<string, string | undefined>
type Print = (line: string) => void

/** Runs one command. Rejects with a {@link StartError} whose message is one line. */
export async function runCli(args: string[], env: Environment, print: Print): Promise<void> {
  const { values, positionals } = parse(args)
  const [noun, verb, operand] = positionals
  switch ([noun, verb].filter(Boolean).join(' ')) {
    case 'start':
      return run(env, print)
    case 'site add':
      return withControl(env, (control) => addSite(control, { domain: operand, name: values.name, allow: values.allow }, print))
    case 'site list':
      return withControl(env, async (control) => {
        for (const { id, trackingCode, domain, name } of await control.listSites()) print([id, trackingCode, domain, name].join('\t'))
      })
    case 'key create':
      return withControl(env, (control) => createKey(control, { siteId: values.site, name: values.name }, print))
    default:
      if (values.help) return print(USAGE)
      throw new StartError(`There is no command "${positionals.join(' ')}". ${USAGE}`)
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { name: { type: 'string' }, allow: { type: 'string' }, site: { type: 'string' }, help: { type: 'boolean' } } })
  } catch (error) {
    throw new StartError(`${(error as Error).message}. ${USAGE}`)
  }
}

async function run(env: Environment, print: Print): Promise<void> {
  const collector = await startCollector(readConfig(env))
  print(`collector: ${collector.url}`)
  print('ready')
  await new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  await collector.close()
}

async function withControl(env: Environment, use: (control: ControlStore) => Promise<void>): Promise<void> {
  const config = readConfig(env)
  const control = await openControlStore(config)
  try {
    await use(control)
  } catch (error) {
    if (error instanceof ApiError) throw new StartError(`The control data in ${config.controlFile} cannot be used: ${describeError(error.cause)}.`)
    throw error
  } finally {
    await control.close()
  }
}

async function addSite(control: ControlStore, { domain = '', name, allow }: { domain: string | undefined; name: string | undefined; allow: string | undefined }, print: Print): Promise<void> {
  const host = domain.toLowerCase()
  const allowedDomains = (allow ?? '').toLowerCase().split(',').map((entry) => entry.trim()).filter(Boolean)
  for (const entry of [host, ...allowedDomains]) if (!DOMAIN.test(entry)) throw new StartError(`"${entry}" is not a domain. Write a host name without scheme, port or path, such as example.com.`)
  const site = await control.addSite({ domain: host, name: name ?? host, allowedDomains })
  print(`website id: ${site.id}`)
  print(`tracking code: ${site.trackingCode}`)
}

async function createKey(control: ControlStore, { siteId = null, name = 'key' }: { siteId: string | null | undefined; name: string | undefined }, print: Print): Promise<void> {
  if (siteId !== null && !(await control.findSite(siteId))) throw new StartError(`There is no site "${siteId}". See zenovay-collector site list.`)
  const { secret, record } = createApiKey(name, siteId, Date.now())
  await control.addApiKey(record)
  print(`api key: ${secret}`)
}
