import { join } from 'node:path'
import { createApiKey, type Site } from '@zenovay/collector'
import Database from 'libsql'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/create-test-app.js'

const HOUR_MS = 60 * 60 * 1000
const MANAGEMENT = '/v1/cli/mutate/webhooks'

let test: TestApp
let now: number
beforeEach(async () => {
  now = Date.now()
  test = await createTestApp({ now: () => now })
})
afterEach(() => test.close())

/** A site and an admin key of a new account. */
async function addAccount() {
  const { id: accountId } = await test.control.addAccount({ name: 'Account', plan: 'enterprise' })
  const { secret, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin', accountId }, now)
  await test.control.addApiKey(record)
  return { accountId, key: secret, site: await addSite(accountId) }
}

const addSite = (accountId: string) =>
  test.control.addSite({ accountId, domain: 'example.com', name: 'Example', allowedDomains: [] })

async function post(path: string, key: string, payload: object) {
  const answer = await test.app.inject({
    method: 'POST',
    url: path,
    headers: { authorization: `Bearer ${key}` },
    payload,
  })
  const { error } = answer.json<{
    error?: { message: string; details?: { field: string; reason: string }[] }
  }>()
  return { status: answer.statusCode, headers: answer.headers, error, body: answer.json<{ id: string }>() }
}

function execute(statement: string): void {
  const database = new Database(join(test.folder, 'control.db'))
  database.exec(statement)
  database.close()
}

/** Copies the newest row of a table, with another site. */
function copyNewest(table: string, count: number, { id: siteId }: Site): void {
  const database = new Database(join(test.folder, 'control.db'))
  const names = (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
  database.close()
  const values = names.map((name) =>
    name === 'id' ? `id || '_' || n` : name === 'site_id' ? `'${siteId}'` : name,
  )
  execute(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')}
    FROM (SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1), numbers`)
}

const ALERT = { name: 'Rush', metric: 'pageviews', threshold: 10, window_minutes: 1 }
const GOAL = { name: 'Buy', kind: 'event', event: 'buy' }
const HOOK = { url: 'https://hooks.example.net/a', events: ['goal'] }

it.each([
  {
    table: 'alerts',
    most: 500,
    create: (key: string, site: Site) => post('/api/alerts', key, { site_id: site.id, ...ALERT }),
    issue: {
      field: 'site_id',
      reason:
        'belongs to an account that has 500 alerts already, which is the most that an account may have; remove one first',
    },
  },
  {
    table: 'goals',
    most: 1_000,
    create: (key: string, site: Site) => post('/api/goals', key, { site_id: site.id, ...GOAL }),
    issue: {
      field: 'site_id',
      reason:
        'belongs to an account that has 1000 goals already, which is the most that an account may have; remove one first',
    },
  },
  {
    table: 'webhooks',
    most: 100,
    create: (key: string, site: Site) => post(MANAGEMENT, key, { website_id: site.id, ...HOOK }),
    issue: {
      field: 'webhooks',
      reason: 'Maximum 100 webhooks per account, including those of its sites; remove one first',
    },
  },
])('accepts at most $most $table per account, even if requests are concurrent', async (bound) => {
  const { accountId, key, site } = await addAccount()
  expect((await bound.create(key, site)).status).toBe(201)
  copyNewest(bound.table, bound.most - 3, await addSite(accountId))
  const answers = await Promise.all(Array.from({ length: 5 }, () => bound.create(key, site)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 400, 400, 400])
  expect(answers.find(({ status }) => status === 400)!.error!.details).toEqual([bound.issue])
  const other = await addAccount()
  expect((await bound.create(other.key, other.site)).status).toBe(201)
})

it('replays at most 10,000 deliveries of an account per hour', async () => {
  const [greedy, other] = [await addAccount(), await addAccount()]
  const addFailed = async ({ key, site }: typeof greedy, count: number) => {
    const { id } = (await post(MANAGEMENT, key, { website_id: site.id, ...HOOK })).body
    execute(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
      INSERT INTO webhook_deliveries (webhook_id, event_id, event, site_id, stamped_at, body, state, attempts, due_at, queued_at, ended_at)
      SELECT '${id}', 'evt_' || n, 'goal', '${site.id}', n, '{}', 'failed', 3, 0, 0, ${now} FROM numbers`)
    return id
  }
  const replay = (key: string, id: string) =>
    post(`${MANAGEMENT}/${id}/replay`, key, { failed_since: '2026-01-01T00:00:00Z' })
  const first = await addFailed(greedy, 4_000)
  const second = await addFailed(greedy, 6_500)
  expect((await replay(greedy.key, first)).body).toMatchObject({ replayed: 4_000 })
  now += HOUR_MS / 2
  const refused = await replay(greedy.key, second)
  expect(refused.status).toBe(429)
  expect(refused.headers['retry-after']).toBe('1800')
  expect(refused.error!.message).toBe(
    'An account may replay 10000 deliveries per hour. 6000 of this request were queued. Replay the rest after Retry-After seconds.',
  )
  const again = await replay(greedy.key, second)
  expect([again.status, again.error!.message]).toEqual([429, expect.stringContaining(' 0 of this request')])
  // Nothing is left to replay, so nothing is refused.
  expect((await replay(greedy.key, first)).body).toMatchObject({ replayed: 0 })
  expect((await replay(other.key, await addFailed(other, 5))).body).toMatchObject({ replayed: 5 })
  now += HOUR_MS / 2
  expect((await replay(greedy.key, second)).body).toMatchObject({ replayed: 500 })
})

it('accepts at most 500 sites and 200 keys per account, even if requests are concurrent', async () => {
  const { accountId, key } = await addAccount()
  const unique = ['id', 'tracking_code', 'hash']
  for (const [table, most, path, body] of [
    ['sites', 500, '/api/sites', { domain: 'new.example' }],
    ['api_keys', 200, '/api/keys', { name: 'new' }],
  ] as const) {
    const database = new Database(join(test.folder, 'control.db'))
    const names = (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
    const values = names.map((name) => (unique.includes(name) ? `${name} || '_' || n` : name))
    database.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${most - 3})
      INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')}
      FROM (SELECT * FROM ${table} WHERE account_id = '${accountId}' LIMIT 1), numbers
    `)
    database.close()
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(path, key, body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 400, 400, 400])
    const { details } = answers.find(({ status }) => status === 400)!.error!
    expect(details![0]!.reason).toContain(`has ${most} `)
    const other = await addAccount()
    expect((await post(path, other.key, body)).status).toBe(201)
  }
})

it('limits the changes and the requests of an account in a minute, whatever the number of its keys', async () => {
  const { key, accountId } = await addAccount()
  const { secret, record } = createApiKey({ name: 'second', siteId: null, scope: 'admin', accountId }, now)
  await test.control.addApiKey(record)
  const keys = [key, secret]
  const change = (which: string) => post('/api/goals', which, {})
  for (let count = 0; count < 120; count++) expect((await change(keys[count % 2]!)).status).toBe(400)
  for (const which of keys) {
    const refused = await change(which)
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60'])
  }
  const read = async (which: string) =>
    (await test.app.inject({ url: '/api/sites', headers: { 'x-api-key': which } })).statusCode
  expect(await read(key)).toBe(200)
  expect((await change((await addAccount()).key)).status).toBe(400)
  // 122 changes and one other request came before.
  for (let count = 123; count < 600; count++) expect(await read(keys[count % 2]!)).toBe(200)
  expect(await read(secret)).toBe(429)
  test.passMinute()
  expect([await read(secret), (await change(key)).status]).toEqual([200, 400])
})
