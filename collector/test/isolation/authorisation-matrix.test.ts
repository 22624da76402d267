import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiAsker, type ApiQuestion, type Asked } from './ask-api.js'
import { listApiRoutes, listServedRoutes, parametersOf, type ApiRoute } from './list-api-routes.js'
import { openTwoAccounts, type MarkedSite, type TwoAccounts } from './open-two-accounts.js'

// The tests run in this order: routes that only read first, then those that create, change or erase.
const routes = await listApiRoutes()
const SCOPES = ['read', 'write', 'admin'] as const

interface Reader {
  name: string
  secret: string
  scope: (typeof SCOPES)[number]
  /** The sites that the key can read. */
  reaches: MarkedSite[]
}

let accounts: TwoAccounts
let ask: (question: ApiQuestion) => Promise<Asked>
let sites: MarkedSite[]
/** Keys of one account: for all its sites, and for one of them. */
let readers: Reader[]
let theirKey: string

beforeAll(async () => {
  accounts = await openTwoAccounts()
  const { mine, alsoMine, theirs, addKey } = accounts
  ask = createApiAsker(accounts)
  sites = [mine, alsoMine, theirs]
  readers = []
  for (const scope of SCOPES) {
    readers.push({
      name: `${scope} key of the account`,
      scope,
      reaches: [mine, alsoMine],
      ...(await addKey(mine.site.accountId, null, scope)),
    })
    readers.push({
      name: `${scope} key of one site`,
      scope,
      reaches: [mine],
      ...(await addKey(mine.site.accountId, mine.site.id, scope)),
    })
  }
  theirKey = (await addKey(theirs.site.accountId, null, 'admin')).secret
})
afterAll(() => accounts.collector.close())

/** Every kind of value for a path parameter, and the site it belongs to. */
function valuesOf(parameter: string): { value: string; owner?: MarkedSite }[] {
  const hostile = (text: string) =>
    [`${text}'--`, `${text}/../x`, `../${text}`, `${text}%00`, ` ${text}`, text.toUpperCase(), '*', '%'].map(
      (value) => ({ value }),
    )
  const own = (of: (site: MarkedSite) => string) => [
    ...sites.map((owner) => ({ value: of(owner), owner })),
    { value: 'nothing-0001' },
    ...hostile(of(accounts.theirs)),
  ]
  if (parameter === 'id') return own(({ site }) => site.id)
  if (parameter === 'visitor') return own(({ visitorId }) => visitorId)
  if (parameter === 'name') return own(({ eventName }) => eventName)
  if (parameter === 'group') return own(({ fingerprint }) => fingerprint).slice(0, 8)
  if (parameter === 'webhook') return own(({ webhookId }) => webhookId).slice(0, 6)
  if (parameter === 'goal') return own(({ goalId }) => goalId)
  if (parameter === 'alert') return own(({ alertId }) => alertId)
  // Keys are tested one by one below.
  if (parameter === 'key') return [{ value: 'nothing-0001' }, ...hostile('0123456789abcdef')]
  throw new Error(`say which values {${parameter}} is to be tried with`)
}

/**
 * Combinations of values for the parameters of a route: all of them for a site of this account, some for
 * every other id.
 */
function combine(route: ApiRoute): { values: Record<string, string>; site?: MarkedSite }[] {
  const [first, second] = parametersOf(route)
  if (first === undefined) return [{ values: {} }]
  return valuesOf(first).flatMap(({ value, owner }) => {
    const others =
      second === undefined
        ? [{ value: '' }]
        : valuesOf(second).slice(0, owner === accounts.mine ? undefined : 4)
    return others.map((other) => ({
      values: { [first]: value, ...(second !== undefined && { [second]: other.value }) },
      ...(owner && { site: owner }),
    }))
  })
}

/** A wider scope reaches no further: for a route that only reads, one such key is enough. */
const readersOf = (route: ApiRoute): Reader[] =>
  readers.filter(
    ({ scope, reaches }) =>
      route.scope !== 'read' || scope === 'read' || (scope === 'admin' && reaches.length === 1),
  )

const nameOf = ({ method, path }: ApiRoute) => `${method} ${path}`
// Routes that delete run only with ids of other accounts, in the last tests.
const isHarmless = ({ method }: ApiRoute) => method !== 'DELETE'

it('tests access to every served route', async () => {
  const tried = new Set(
    routes.map((route) =>
      nameOf(route)
        .replace(/\?.*/, '')
        .replaceAll(/\{\w+\}/g, '{}'),
    ),
  )
  const others = (await listServedRoutes()).filter((route) => !tried.has(route))
  // The last tests call the routes that create or remove; the page has no data.
  expect(others.sort()).toEqual([
    'DELETE /api/sites/{}',
    'GET /api/external/v1/docs',
    'POST /api/alerts',
    'POST /api/alerts/{}/confirmations',
    'POST /api/alerts/{}/test',
    'POST /api/goals',
    'POST /api/keys',
    'POST /api/sites',
    'POST /api/v1/events',
    'POST /api/webhooks',
    'POST /v1/cli/mutate/webhooks',
  ])
})

describe('a key', () => {
  it('requires an API key on every route except /openapi.json', async () => {
    const [{ secret }] = readers as [Reader]
    const revoked = await accounts.addKey(accounts.mine.site.accountId, null, 'admin')
    await accounts.collector.collector.control.removeApiKey(revoked.id)
    const bad = [
      {},
      { 'x-api-key': revoked.secret },
      { 'x-api-key': `${secret.slice(0, -1)}x` },
      { 'x-api-key': secret.replace(/_[0-9a-f]{64}$/, `_${'0'.repeat(64)}`) },
      { 'x-api-key': 'zv_' },
      { authorization: 'Bearer' },
      { authorization: `Basic ${secret}` },
      { 'x-api-key': '%00' },
    ]
    for (const route of routes.filter(({ isPublic }) => !isPublic))
      for (const headers of bad)
        for (const { values } of combine(route).slice(0, 4)) {
          const answer = await ask({ route, values, headers })
          expect(answer.status, `${nameOf(route)} ${JSON.stringify(headers)}`).toBe(401)
          expectNothingOf(answer, sites)
        }
    expect(routes.filter(({ isPublic }) => isPublic).map(nameOf)).toEqual([
      'GET /api/external/v1/openapi.json',
    ])
  })

  it.each(routes.filter(isHarmless).map((route) => [nameOf(route), route] as const))(
    'lets a key read only its own sites via %s',
    async (_, route) => {
      for (const reader of readersOf(route))
        for (const { values, site } of combine(route)) {
          const answer = await ask({ route, values, headers: { 'x-api-key': reader.secret } })
          const name = `${reader.name}: ${JSON.stringify(values)}: ${answer.status} ${answer.body.slice(0, 300)}`
          expect(answer.status, name).toBeLessThan(500)
          expectNothingOf(
            answer,
            sites.filter((one) => !reader.reaches.includes(one)),
            name,
          )
          const isOwn =
            parametersOf(route).length === 0 || (site !== undefined && reader.reaches.includes(site))
          if (SCOPES.indexOf(reader.scope) < SCOPES.indexOf(route.scope))
            expect(answer.status, name).toBe(403)
          else if (!isOwn && !route.isPublic) expect([400, 403, 404], name).toContain(answer.status)
          else if (parametersOf(route).length < 2) expect(answer.status, name).toBe(200)
        }
    },
  )

  it('lets a key create sites and keys only in its own account', async () => {
    const { mine, theirs, collector } = accounts
    const make = async (path: string, body: unknown) => {
      const { secret } = readers.find(({ scope, reaches }) => scope === 'admin' && reaches.length === 2)!
      const answer = await fetch(collector.url + path, {
        method: 'POST',
        headers: { 'x-api-key': secret, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(answer.status).toBe(201)
      return ((await answer.json()) as { data: { id: string; key: string } }).data
    }
    const site = await make('/api/sites', { domain: 'new.example' })
    expect((await collector.collector.control.findSite(site.id))!.accountId).toBe(mine.site.accountId)
    const { key, id } = await make('/api/keys', { name: 'new', scope: 'admin' })
    expect(
      (await collector.get(`/api/external/v1/analytics/${theirs.site.id}`, { 'x-api-key': key })).status,
    ).toBe(404)
    await collector.collector.control.removeApiKey(id)
    await collector.collector.control.removeSite(site.id)
  })

  it('returns planted markers to the key of their site, so that a leak would be detected', async () => {
    const { theirs } = accounts
    const values = {
      id: theirs.site.id,
      visitor: theirs.visitorId,
      name: theirs.eventName,
      group: theirs.fingerprint,
      goal: theirs.goalId,
      alert: theirs.alertId,
      key: '',
      webhook: '',
    }
    for (const route of routes.filter(
      (one) =>
        one.method === 'GET' &&
        !one.isPublic &&
        !/usage$|keys|stream|activity-log|revenue$|countries$/.test(one.path),
    )) {
      const answer = await ask({ route, values, headers: { 'x-api-key': theirKey } })
      expect(answer.status, nameOf(route)).toBe(200)
      expect(answer.body, nameOf(route)).toContain(theirs.marker)
    }
  })
})

beforeEach(() => accounts.passMinute())

describe('a site of another account', () => {
  it('rejects a request that changes or erases a site of another account', async () => {
    const { theirs, alsoMine, collector, readErrorStatus } = accounts
    const theirs_ = await accounts.addKey(theirs.site.accountId, null, 'read')
    const before = await collector.select('SELECT count() AS events FROM events')
    const keysBefore = await collector.collector.control.listApiKeys()
    for (const reader of readers) {
      for (const route of routes.filter(({ method }) => method !== 'GET'))
        for (const site of [theirs, ...(reader.reaches.includes(alsoMine) ? [] : [alsoMine])]) {
          const answer = await ask({
            route,
            values: {
              id: site.site.id,
              visitor: site.visitorId,
              group: site.fingerprint,
              goal: site.goalId,
              alert: site.alertId,
              key: theirs_.id,
              webhook: site.webhookId,
            },
            headers: { 'x-api-key': reader.secret },
          })
          expect([403, 404], `${reader.name}: ${nameOf(route)}: ${answer.body}`).toContain(answer.status)
        }
      const removal = await ask({
        route: { method: 'DELETE', path: '/api/sites/{id}', isPublic: false, query: [], scope: 'admin' },
        values: { id: theirs.site.id },
        headers: { 'x-api-key': reader.secret },
      })
      expect([403, 404]).toContain(removal.status)
    }
    expect(await collector.select('SELECT count() AS events FROM events')).toEqual(before)
    expect((await collector.collector.control.listApiKeys()).map(({ id }) => id)).toEqual(
      keysBefore.map(({ id }) => id),
    )
    expect((await collector.collector.control.findSite(theirs.site.id))!.retentionMonths).toBe(
      theirs.site.retentionMonths,
    )
    expect(await readErrorStatus(theirs, theirKey)).toBe('open')
    expect(
      await (await collector.get(`/api/webhooks?siteId=${theirs.site.id}`, { 'x-api-key': theirKey })).json(),
    ).toMatchObject({ webhooks: [{ id: theirs.webhookId, active: true }] })
  })

  it('rejects the creation of an API key for a site that the caller cannot access', async () => {
    const { theirs, alsoMine, collector } = accounts
    for (const reader of readers)
      for (const { site } of [theirs, ...(reader.reaches.includes(alsoMine) ? [] : [alsoMine])]) {
        const answer = await fetch(`${collector.url}/api/keys`, {
          method: 'POST',
          headers: { 'x-api-key': reader.secret, 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'planted', site_id: site.id }),
        })
        expect([403, 404]).toContain(answer.status)
      }
    expect(
      (await collector.collector.control.listApiKeys()).filter(({ name }) => name === 'planted'),
    ).toEqual([])
  })

  it("rejects the creation of a webhook for another account's site", async () => {
    const { theirs, alsoMine, collector } = accounts
    const url = 'https://127.0.0.1:1024/planted'
    for (const reader of readers)
      for (const { site } of [theirs, ...(reader.reaches.includes(alsoMine) ? [] : [alsoMine])])
        for (const [path, webhook] of [
          ['/api/webhooks', { siteId: site.id, url, events: ['goal'] }],
          ['/v1/cli/mutate/webhooks', { website_id: site.id, url }],
        ] as const) {
          const answer = await fetch(collector.url + path, {
            method: 'POST',
            headers: { 'x-api-key': reader.secret, 'content-type': 'application/json' },
            body: JSON.stringify(webhook),
          })
          expect([403, 404]).toContain(answer.status)
        }
    expect(
      await (await collector.get('/v1/cli/mutate/webhooks', { 'x-api-key': theirKey })).text(),
    ).not.toContain('planted')
  })

  it("rejects the creation of a goal for another account's site", async () => {
    const { theirs, collector } = accounts
    for (const reader of readers) {
      const answer = await fetch(`${collector.url}/api/goals`, {
        method: 'POST',
        headers: { 'x-api-key': reader.secret, 'content-type': 'application/json' },
        body: JSON.stringify({ site_id: theirs.site.id, name: 'planted', kind: 'event', event: 'planted' }),
      })
      expect([403, 404]).toContain(answer.status)
    }
    const goals = await fetch(`${collector.url}/api/goals`, { headers: { 'x-api-key': theirKey } })
    expect(
      ((await goals.json()) as { data: { id: string; value: number | null }[] }).data.map(({ id, value }) => [
        id,
        value,
      ]),
    ).toEqual([[theirs.goalId, null]])
  })

  it('rejects a new alert for a site of another account', async () => {
    const { theirs, collector } = accounts
    const post = (path: string, secret: string, body: object) =>
      fetch(collector.url + path, {
        method: 'POST',
        headers: { 'x-api-key': secret, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    for (const { secret } of readers) {
      expect([403, 404]).toContain(
        (await post('/api/alerts', secret, { site_id: theirs.site.id, name: 'planted', metric: 'uptime' }))
          .status,
      )
      for (const action of ['test', 'confirmations'])
        expect([403, 404]).toContain(
          (await post(`/api/alerts/${theirs.alertId}/${action}`, secret, {})).status,
        )
    }
    const listed = (await (await collector.get('/api/alerts', { 'x-api-key': theirKey })).json()) as {
      data: { id: string; threshold: number }[]
    }
    expect(listed.data.map(({ id, threshold }) => [id, threshold])).toEqual([[theirs.alertId, 1_000]])
  })

  it("rejects a batch of events for another account's site", async () => {
    const { theirs, collector } = accounts
    const event = {
      event_id: 'planted',
      session_id: 'session-planted',
      url: `https://${theirs.site.domain}/planted`,
      device_type: 'server',
      browser: 'none',
      os: 'none',
      user_agent: 'Planter/1.0',
    }
    for (const { secret } of readers) {
      const answer = await fetch(`${collector.url}/api/v1/events`, {
        method: 'POST',
        headers: { 'x-api-key': secret, 'content-type': 'application/json' },
        body: JSON.stringify({ trackingCode: theirs.site.trackingCode, events: [event] }),
      })
      expect([403, 404]).toContain(answer.status)
    }
    expect(
      await collector.select("SELECT event_id FROM events WHERE startsWith(event_id, 'planted')"),
    ).toEqual([])
  })
})

function expectNothingOf({ text }: Asked, hidden: readonly MarkedSite[], name = ''): void {
  for (const { marker, site } of hidden) {
    expect(text, name).not.toContain(marker)
    expect(text, name).not.toContain(site.trackingCode.toLowerCase())
  }
}
