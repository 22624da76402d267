import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiKey, type NewApiKey } from '../../src/control/keys/api-key.js'
import { listServedRoutes } from '../isolation/list-api-routes.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'

interface Activity {
  id: number
  action: string
  actor: string | null
  [field: string]: unknown
}

const CHANGED = /^(POST|PATCH|PUT|DELETE) \/(api\/(alerts|goals|keys|webhooks)|v1\/cli\/mutate\/webhooks)/
// Send a test notification or confirmation mails and change nothing; their results are listed with the alert.
const NO_CHANGE = ['POST /api/alerts/{}/test', 'POST /api/alerts/{}/confirmations']
const WEBHOOKS = '/v1/cli/mutate/webhooks'

let test: TestApp
let database: InstanceType<typeof Database>
let now = Date.UTC(2026, 2, 29)
let admin: Awaited<ReturnType<typeof addKey>>

async function addKey(fields: Partial<NewApiKey> = {}) {
  const { secret, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin', ...fields }, now)
  await test.control.addApiKey(record)
  return { secret, id: record.id }
}
async function ask(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  { body, as = admin.secret }: { body?: unknown; as?: string } = {},
) {
  const answer = await test.app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  })
  return {
    status: answer.statusCode,
    body: answer.json<{
      id: string
      data: { id: string }
      webhook: { id: string }
      activities: Activity[]
      nextBefore: number | null
    }>(),
  }
}
const read = async (type: string, query = '', as = admin.secret) =>
  (await ask('GET', `/api/activity-log?siteId=${test.site.id}&type=${type}${query}`, { as })).body
const countRows = () =>
  (
    database
      .prepare('SELECT (SELECT count(*) FROM change_log) + (SELECT count(*) FROM webhook_log) AS count')
      .get() as { count: number }
  ).count

beforeAll(async () => {
  test = await createTestApp({ now: () => ++now })
  database = new Database(join(test.folder, 'control.db'))
  admin = await addKey()
})
afterAll(async () => {
  database.close()
  await test.close()
})

const alert = () => ({
  site_id: test.site.id,
  name: 'Rush',
  metric: 'pageviews',
  threshold: 10,
  window_minutes: 5,
})
const goal = () => ({ site_id: test.site.id, name: 'Thanks', kind: 'path', path: '/thanks' })
const add = async (path: string, body: object): Promise<string> => {
  const { id, data, webhook } = (await ask('POST', path, { body })).body
  return id ?? data?.id ?? webhook.id
}
const addWebhook = () => add(WEBHOOKS, { url: 'https://hooks.example.com/', website_id: test.site.id })

interface Mutation {
  /** As Fastify prints it. */
  route: string
  type: string
  action: string
  /** Creates the object that the request changes; resolves to its id. */
  make?: () => Promise<string>
  /** @default `{}` in the route replaced by the id */
  url?: (id: string) => string
  body?: () => object
  wrong?: object
  /** Fields of the entry besides actor, time and action. */
  says?: object
}

const MUTATIONS: Mutation[] = [
  {
    route: 'POST /api/alerts',
    type: 'alert',
    action: 'created',
    body: alert,
    wrong: {},
    says: { name: 'Rush', fields: null },
  },
  {
    route: 'PATCH /api/alerts/{}',
    type: 'alert',
    action: 'changed',
    make: () => add('/api/alerts', alert()),
    body: () => ({ name: 'Later', threshold: 5, window_minutes: 10, active: false }),
    wrong: { threshold: 'x' },
    says: { name: 'Rush', fields: ['name', 'threshold', 'window_minutes', 'active'] },
  },
  {
    route: 'DELETE /api/alerts/{}',
    type: 'alert',
    action: 'removed',
    make: () => add('/api/alerts', alert()),
    says: { name: 'Rush', fields: null },
  },
  {
    route: 'POST /api/goals',
    type: 'goal',
    action: 'created',
    body: goal,
    wrong: {},
    says: { name: 'Thanks', fields: null },
  },
  {
    route: 'PATCH /api/goals/{}',
    type: 'goal',
    action: 'changed',
    make: () => add('/api/goals', goal()),
    body: () => ({ name: 'Later', value: 2 }),
    wrong: { value: -1 },
    says: { name: 'Thanks', fields: ['name', 'value'] },
  },
  {
    route: 'DELETE /api/goals/{}',
    type: 'goal',
    action: 'removed',
    make: () => add('/api/goals', goal()),
    says: { name: 'Thanks', fields: null },
  },
  {
    route: 'POST /api/keys',
    type: 'key',
    action: 'created',
    body: () => ({ name: 'Shop' }),
    wrong: {},
    says: { name: 'Shop', fields: null },
  },
  {
    route: 'DELETE /api/keys/{}',
    type: 'key',
    action: 'removed',
    make: () => add('/api/keys', { name: 'Shop', site_id: test.site.id }),
    says: { name: 'Shop', fields: null },
  },
  {
    route: 'POST /api/webhooks',
    type: 'webhook',
    action: 'created',
    body: () => ({ siteId: test.site.id, url: 'https://hooks.example.com/', events: ['event'] }),
    wrong: {},
  },
  {
    route: 'DELETE /api/webhooks',
    type: 'webhook',
    action: 'removed',
    make: addWebhook,
    url: (id) => `/api/webhooks?id=${id}`,
  },
  {
    route: `POST ${WEBHOOKS}`,
    type: 'webhook',
    action: 'created',
    body: () => ({ url: 'https://hooks.example.com/' }),
    wrong: { url: 'http://hooks.example.com/' },
  },
  { route: `POST ${WEBHOOKS}/{}/test`, type: 'webhook', action: 'test', make: addWebhook },
  { route: `POST ${WEBHOOKS}/{}/rotate`, type: 'webhook', action: 'rotated', make: addWebhook },
  { route: `POST ${WEBHOOKS}/{}/enable`, type: 'webhook', action: 'enabled', make: addWebhook },
  {
    route: `POST ${WEBHOOKS}/{}/replay`,
    type: 'webhook',
    action: 'replayed',
    make: addWebhook,
    body: () => ({ failed_since: '2026-03-01T00:00:00Z' }),
    wrong: {},
  },
  { route: `DELETE ${WEBHOOKS}/{}`, type: 'webhook', action: 'removed', make: addWebhook },
]

it('tests every route that changes a webhook, an alert, a goal or a key', async () => {
  const served = (await listServedRoutes()).filter((route) => CHANGED.test(route)).sort()
  expect([...MUTATIONS.map(({ route }) => route), ...NO_CHANGE].sort()).toEqual(served)
})

it.each(MUTATIONS)(
  'logs one entry for each successful $route, and none for rejected requests',
  async ({ route, type, action, make, body, wrong, says = {}, ...given }) => {
    const [method, path] = route.split(' ') as ['POST', string]
    const id = (await make?.()) ?? ''
    const urlOf = given.url ?? ((of: string) => path.replace('{}', of))
    const foreign = await test.control.addAccount({ name: 'Other', plan: 'free' })
    const [reader, stranger] = [await addKey({ scope: 'read' }), await addKey({ accountId: foreign.id })]

    const before = countRows()
    const statuses = [await ask(method, urlOf(id), { body: body?.(), as: reader.secret })]
    // A key of another account may create objects in its own account.
    if (make)
      statuses.push(
        await ask(method, urlOf(id), { body: body?.(), as: stranger.secret }),
        await ask(method, urlOf('nothing-0001'), { body: body?.() }),
      )
    if (wrong) statuses.push(await ask(method, urlOf(id), { body: wrong }))
    expect(statuses.filter(({ status }) => status < 400 || status >= 500)).toEqual([])
    expect(countRows()).toBe(before)

    const answer = await ask(method, urlOf(id), { body: body?.() })
    expect([200, 201]).toContain(answer.status)
    expect(countRows()).toBe(before + 1)
    const subject = id || (answer.body.data ?? answer.body.webhook ?? answer.body).id
    const [newest] = (await read(type, '&limit=1')).activities
    expect(newest).toMatchObject({
      type,
      action,
      actor: admin.id,
      [`${type}Id`]: subject,
      timestamp: expect.stringMatching(/^2026-03-29T/) as string,
      ...says,
    })
  },
)

it('lists the changes of a site newest first and page by page to its admin keys', async () => {
  const { activities } = await read('goal', '&limit=100')
  expect(activities.map(({ id }) => id)).toEqual(activities.map(({ id }) => id).toSorted((a, b) => b - a))
  const first = await read('goal', '&limit=2')
  expect(first.activities).toEqual(activities.slice(0, 2))
  expect((await read('goal', `&limit=2&before=${first.nextBefore}`)).activities).toEqual(
    activities.slice(2, 4),
  )
  expect(JSON.stringify((await read('key')).activities)).not.toContain('zv_')

  const reader = await addKey({ scope: 'write' })
  for (const type of ['alert', 'goal', 'key'])
    expect(
      (await ask('GET', `/api/activity-log?siteId=${test.site.id}&type=${type}`, { as: reader.secret }))
        .status,
    ).toBe(403)
})

it('shows account-wide changes only to account keys', async () => {
  const ofSite = await addKey({ siteId: test.site.id })
  for (const type of ['webhook', 'key']) {
    const seen = (await read(type, '&limit=100')).activities
    expect(new Set(seen.map(({ siteId }) => siteId))).toEqual(new Set([test.site.id, null]))
    expect((await read(type, '&limit=100', ofSite.secret)).activities).toEqual(
      seen.filter(({ siteId }) => siteId !== null),
    )
  }
})

it('logs the objects that are removed with a site, and command-line changes without an actor', async () => {
  const site = await test.control.addSite({ domain: 'gone.example', name: 'Gone', allowedDomains: [] })
  for (const [path, body] of [
    ['/api/alerts', alert()],
    ['/api/goals', goal()],
    ['/api/keys', { name: 'Shop' }],
  ] as const)
    await add(path, { ...body, site_id: site.id })
  await add(WEBHOOKS, { url: 'https://hooks.example.com/', website_id: site.id })
  const before = countRows()
  expect((await ask('DELETE', `/api/sites/${site.id}`)).status).toBeLessThan(300)
  expect(countRows()).toBe(before + 4)
  const rows = database
    .prepare(
      "SELECT type, action, actor, name FROM change_log WHERE site_id = ? AND action = 'removed' ORDER BY type",
    )
    .all(site.id)
  expect(rows).toEqual(
    [
      ['alert', 'Rush'],
      ['goal', 'Thanks'],
      ['key', 'Shop'],
    ].map(([type, name]) => ({ type, action: 'removed', actor: admin.id, name })),
  )
  expect((await read('key')).activities.find(({ keyId }) => keyId === admin.id)).toMatchObject({
    action: 'created',
    actor: null,
  })
})

it('deletes activity entries after thirty days', async () => {
  const known = countRows()
  now += 30 * 24 * 60 * 60 * 1000 - 60_000
  await test.webhooks.purge.run(new AbortController().signal)
  expect(countRows()).toBe(known)
  now += 120_000
  await test.webhooks.purge.run(new AbortController().signal)
  expect(countRows()).toBe(0)
})
