import { DEFAULT_ACCOUNT_ID } from '../control/accounts.js'
import type { ControlStore } from '../control/control-store.js'
import { SITE_CHANGES, type SiteFields, toSiteFields } from '../control/sites.js'
import { StartError } from '../errors.js'
import { parseFields } from '../http/fields.js'
import { assertAccount } from './accounts.js'

interface SiteOptions {
  domain?: string | undefined
  name?: string | undefined
  /** Comma-separated host names. An empty string removes all of them. */
  allow?: string | undefined
  timezone?: string | undefined
  retention?: string | undefined
  /** Comma-separated names of query parameters. An empty string removes all of them. */
  search?: string | undefined
}

type Print = (line: string) => void

// The command-line argument for each API field, which error messages include.
const OPTION_NAMES: Record<string, string> = {
  domain: 'domain',
  name: '--name',
  allowed_domains: '--allow',
  time_zone: '--timezone',
  retention_months: '--retention',
  search_parameters: '--search',
}

export async function addSite(
  control: ControlStore,
  { account, ...options }: SiteOptions & { account?: string | undefined },
  print: Print,
): Promise<void> {
  if (options.domain === undefined)
    throw new StartError('Missing domain. Example: zenovay-collector site add example.com')
  const { domain, ...fields } = parseOptions(options)
  const accountId = (await assertAccount(control, account)) ?? DEFAULT_ACCOUNT_ID
  const site = await control.addSite({
    name: domain!,
    allowedDomains: [],
    ...fields,
    domain: domain!,
    accountId,
  })
  print(`website id: ${site.id}`)
  print(`tracking code: ${site.trackingCode}`)
}

export async function listSites(
  control: ControlStore,
  { account }: { account?: string | undefined },
  print: Print,
): Promise<void> {
  const accountId = await assertAccount(control, account)
  const sites =
    accountId === undefined ? control.listSites() : control.listSitesOf({ accountId, siteId: null })
  for (const site of await sites)
    print(
      [
        site.id,
        site.trackingCode,
        site.domain,
        site.name,
        site.timeZone,
        `${site.retentionMonths} months`,
        site.allowedDomains.join(','),
        site.searchParameters.join(','),
      ]
        .join('\t')
        .trimEnd(),
    )
}

export async function updateSite(
  control: ControlStore,
  id: string | undefined,
  options: SiteOptions,
  print: Print,
): Promise<void> {
  const changes = parseOptions(options)
  if (Object.keys(changes).length === 0)
    throw new StartError(
      'Nothing to change. Pass --domain, --name, --allow, --timezone, --retention or --search.',
    )
  const site = await control.updateSite(id ?? '', changes)
  if (!site) throw unknownSite(id)
  print(`updated: ${site.id}. A running collector applies this within two seconds.`)
}

export async function removeSite(
  control: ControlStore,
  id: string | undefined,
  isSure: boolean,
  print: Print,
): Promise<void> {
  const site = await control.findSite(id ?? '')
  if (!site) throw unknownSite(id)
  if (!isSure)
    throw new StartError(
      `This removes ${site.domain} (${site.id}) with its keys and all its events, for good. Add --yes to confirm.`,
    )
  await control.removeSite(site.id)
  print(
    `removed: ${site.id}. A running collector deletes its events within two minutes, otherwise after its next start.`,
  )
}

export function unknownSite(id: string | undefined): StartError {
  return new StartError(
    id === undefined
      ? 'Missing site ID. List sites with zenovay-collector site list.'
      : `No site has the ID "${id}". List sites with zenovay-collector site list.`,
  )
}

const toList = (text: string | undefined) =>
  text
    ?.split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)

function parseOptions({
  domain,
  name,
  allow,
  timezone,
  retention,
  search,
}: SiteOptions): Partial<SiteFields> {
  const given = {
    domain,
    name,
    allowed_domains: toList(allow),
    time_zone: timezone,
    retention_months: retention === undefined ? undefined : Number(retention),
    search_parameters: toList(search),
  }
  const { fields, issues } = parseFields(
    SITE_CHANGES,
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  )
  if (issues.length > 0)
    throw new StartError(
      `${issues.map(({ field, reason }) => `${OPTION_NAMES[field]} ${reason}`).join('; ')}.`,
    )
  return toSiteFields(fields)
}
