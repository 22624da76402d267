import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiKey, type ControlStore, type Site } from '@zenovay/collector'

/**
 * The values that a start prints, stored beside the data because the database contains only a hash of the
 * key.
 */
export interface DemoSite {
  websiteId: string
  trackingCode: string
  apiKey: string
}

const SITE = { domain: 'localhost', allowedDomains: ['127.0.0.1', '[::1]'], name: 'Demo shop' }

/** The demo's site and key: the same at each start with the same data, created when missing. */
export async function ensureDemoSite(control: ControlStore, dataDir: string): Promise<DemoSite> {
  const file = join(dataDir, 'demo.json')
  const known = await readDemoSite(file)
  if (known && (await isUsable(known, control))) return known

  const site = (await control.listSites()).find(isDemo) ?? (await control.addSite(SITE))
  const { secret, record } = createApiKey({ name: 'demo', siteId: site.id }, Date.now())
  await control.addApiKey(record)
  const made = { websiteId: site.id, trackingCode: site.trackingCode, apiKey: secret }
  // Renamed, so that the file is complete or missing, and private from its first byte.
  await writeFile(`${file}.new`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  return made
}

async function readDemoSite(file: string): Promise<DemoSite | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DemoSite
  } catch {
    return undefined
  }
}

async function isUsable(
  { websiteId, trackingCode, apiKey }: DemoSite,
  control: ControlStore,
): Promise<boolean> {
  const keyId = /^zv_([0-9a-f]+)_/.exec(apiKey)?.[1]
  const [site, key] = await Promise.all([
    control.findSite(`${websiteId}`),
    keyId && control.findApiKey(keyId),
  ])
  return site?.trackingCode === trackingCode && key !== undefined && key !== '' && key.siteId === websiteId
}

function isDemo({ domain, name }: Site): boolean {
  return domain === SITE.domain && name === SITE.name
}
