import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, type KeyScope } from '../../../src/control/keys/api-key.js'
import { EXTERNAL_ROUTES } from '../../../src/routes/index.js'
import { createTestApp, type TestApp } from '../../support/create-test-app.js'
import { createFakeReports } from '../../support/fake-reports.js'
import { MADE_UP_REPORTS } from '../../support/made-up-reports.js'

const SITES = ['mine', 'my other', 'theirs', 'nobody’s'] as const
type SiteName = (typeof SITES)[number]

/** The sites that each key can read. */
const KEYS = {
  'of one site': { account: 'mine', site: 'mine', reaches: ['mine'] },
  'of an account': { account: 'mine', site: undefined, reaches: ['mine', 'my other'] },
  'of another account': { account: 'theirs', site: undefined, reaches: ['theirs'] },
  'of one site of another account': { account: 'theirs', site: 'theirs', reaches: ['theirs'] },
} as const

let test: TestApp
const reports = createFakeReports({
  ...MADE_UP_REPORTS,
  errorGroup: async () => ({
    fingerprint: 'a1',
    message: 'x',
    type: 'TypeError',
    occurrences: 1,
    users: 1,
    firstSeen: 0,
    lastSeen: 0,
  }),
})
const ids = new Map<SiteName, string>([['nobody’s', 'ws_nothing']])
const accounts = new Map<string, string>()

beforeAll(async () => {
  test = await createTestApp({ reports })
  for (const name of ['mine', 'theirs'])
    accounts.set(name, (await test.control.addAccount({ name, plan: 'enterprise' })).id)
  for (const [name, account] of [
    ['mine', 'mine'],
    ['my other', 'mine'],
    ['theirs', 'theirs'],
  ] as const)
    ids.set(
      name,
      (
        await test.control.addSite({
          domain: `${name.replace(' ', '-')}.example`,
          name,
          allowedDomains: [],
          accountId: accounts.get(account)!,
        })
      ).id,
    )
})
afterAll(() => test.close())

async function addKey(
  { account, site }: { account: string; site: SiteName | undefined },
  scope: KeyScope,
): Promise<string> {
  const { secret, record } = createApiKey(
    {
      name: 'test',
      accountId: accounts.get(account)!,
      siteId: site === undefined ? null : ids.get(site)!,
      scope,
    },
    Date.now(),
  )
  await test.control.addApiKey(record)
  return secret
}

// Below the requests per minute of every account in these tests.
const REQUESTS_OF_A_MINUTE = 100
let asked = 0

async function ask(
  route: (typeof EXTERNAL_ROUTES)[number],
  site: SiteName,
  key?: string,
): Promise<{ status: number; text: string }> {
  const url = route.path
    .replace('{id}', ids.get(site)!)
    .replace('{visitor}', 'visitor-3')
    .replaceAll(/\{\w+\}/g, 'a1')
  if (++asked % REQUESTS_OF_A_MINUTE === 0) test.passMinute()
  const answer = await test.app.inject({
    method: route.method,
    url: `/api/external/v1${url}`,
    headers: {
      ...(key !== undefined && { 'x-api-key': key }),
      ...(route.body && { 'content-type': 'application/json' }),
    },
    ...(route.body && { payload: '{"status":"open"}' }),
  })
  return { status: answer.statusCode, text: answer.body.replaceAll(/"timestamp":"[^"]*"/g, '') }
}

const routesOfSites = EXTERNAL_ROUTES.filter(({ path }) => path.includes('{id}'))

describe.each(Object.entries(KEYS))('a key %s', (_, { account, site, reaches }) => {
  it.each(SITES)('lets a key read only its own sites: %s', async (name) => {
    const key = await addKey({ account, site }, 'write')
    for (const route of routesOfSites) {
      reports.asked.splice(0)
      const { status, text } = await ask(route, name, key)
      if ((reaches as readonly string[]).includes(name)) {
        expect(status, route.path).toBe(200)
        continue
      }
      expect([403, 404], route.path).toContain(status)
      expect(reports.asked, route.path).toEqual([])
      // Nothing reveals whether a site of another account exists.
      expect(text, route.path).toBe((await ask(route, 'nobody’s', key)).text)
    }
  })

  it('lists only the sites that a key can access', async () => {
    const { text } = await ask(
      EXTERNAL_ROUTES.find(({ path }) => path === '/websites')!,
      'mine',
      await addKey({ account, site }, 'read'),
    )
    for (const name of SITES)
      expect(text.includes(ids.get(name)!), name).toBe((reaches as readonly string[]).includes(name))
  })
})

it('rejects requests without a key, and changes with a read-only key', async () => {
  const reader = await addKey(KEYS['of one site'], 'read')
  for (const route of EXTERNAL_ROUTES) {
    expect((await ask(route, 'mine')).status, route.path).toBe(401)
    expect((await ask(route, 'mine', reader)).status, route.path).toBe(route.scope === 'read' ? 200 : 403)
  }
})
