import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ApiKey } from '../../../src/control/keys/api-key.js'
import { authenticate, authorise } from '../../../src/control/keys/gate.js'
import type { Site } from '../../../src/control/sites.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

let store: TestControl
let sites: Record<'ours' | 'oursToo' | 'theirs', Site>
let account: string

beforeEach(async () => {
  store = await openTestControl()
  const [ours, theirs] = [
    await store.control.addAccount({ name: 'ours', plan: 'pro' }),
    await store.control.addAccount({ name: 'theirs', plan: 'pro' }),
  ]
  account = ours.id
  const add = (accountId: string, domain: string) =>
    store.control.addSite({ accountId, domain, name: domain, allowedDomains: [] })
  sites = {
    ours: await add(ours.id, 'ours.example'),
    oursToo: await add(ours.id, 'ours-too.example'),
    theirs: await add(theirs.id, 'theirs.example'),
  }
})
afterEach(() => store.close())

async function keyOf(fields: { accountId?: string; siteId?: string | null }): Promise<ApiKey> {
  const { secret } = await store.addKey({ accountId: account, ...fields })
  return authenticate({ 'x-api-key': secret }, store.control)
}

/** The result for each site, by its name in this test. */
async function outcomes(key: ApiKey): Promise<Record<string, string>> {
  const results = Object.entries(sites).map(async ([name, { id }]) => {
    const outcome = await authorise(key, id, store.control).then(
      (site) => site.domain,
      (error: { code: string }) => error.code,
    )
    return [name, outcome]
  })
  return Object.fromEntries((await Promise.all(results)) as [string, string][])
}

it('grants an account key access only to the sites of its account', async () => {
  const key = await keyOf({ siteId: null })
  expect(await outcomes(key)).toEqual({
    ours: 'ours.example',
    oursToo: 'ours-too.example',
    theirs: 'NOT_FOUND',
  })
  await expect(authorise(key, 'ws_nothing', store.control)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await store.control.listSitesOf(key)).map(({ domain }) => domain)).toEqual([
    'ours.example',
    'ours-too.example',
  ])
})

it('grants a site key access to its own site only', async () => {
  const key = await keyOf({ siteId: sites.ours.id })
  expect(await outcomes(key)).toEqual({ ours: 'ours.example', oursToo: 'FORBIDDEN', theirs: 'FORBIDDEN' })
  expect((await store.control.listSitesOf(key)).map(({ domain }) => domain)).toEqual(['ours.example'])
})

it('denies access to a key whose site belongs to another account', async () => {
  const key = await keyOf({ siteId: sites.theirs.id })
  expect(await outcomes(key)).toEqual({ ours: 'FORBIDDEN', oursToo: 'FORBIDDEN', theirs: 'NOT_FOUND' })
  expect(await store.control.listSitesOf(key)).toEqual([])
})

it('assigns sites and keys without an account to the default account', async () => {
  const site = await store.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  const { secret } = await store.addKey()
  const key = await authenticate({ authorization: `Bearer ${secret}` }, store.control)
  expect((await authorise(key, site.id, store.control)).domain).toBe('example.com')
  expect(await outcomes(key)).toEqual({ ours: 'NOT_FOUND', oursToo: 'NOT_FOUND', theirs: 'NOT_FOUND' })
  expect(await store.control.findAccount(site.accountId)).toMatchObject({
    id: key.accountId,
    name: 'default',
    plan: 'enterprise',
  })
})

it('names the required scope or the allowed site when it rejects a key', async () => {
  const { secret } = await store.addKey({ accountId: account, siteId: sites.ours.id, scope: 'read' })
  const headers = { 'x-api-key': secret }
  await expect(authenticate(headers, store.control, 'admin')).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: 'This needs an API key with the scope admin. This one has the scope read.',
  })
  const key = await authenticate(headers, store.control)
  await expect(authorise(key, sites.oursToo.id, store.control)).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: `This API key is for the site ${sites.ours.id} only.`,
  })
})
