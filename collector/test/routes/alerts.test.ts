import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, type NewApiKey } from '../../src/control/keys/api-key.js'
import type { Site } from '../../src/control/sites.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { searchFolder } from '../support/search-folder.js'

interface Answer {
  data: Record<string, unknown> & { id: string }
  error: { code: string; details?: { field: string; reason: string }[] }
}

const NOW = Date.UTC(2026, 2, 29)
const SLACK_URL = `https://hooks.slack.example/services/T0/B0/${randomBytes(12).toString('hex')}`

let now = NOW
let test: TestApp
let app: FastifyInstance
let key: string
let otherSite: Site
let foreignSite: Site

const addKey = async (fields: Partial<NewApiKey> = {}) => {
  const { secret, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin', ...fields }, NOW)
  await test.control.addApiKey(record)
  return secret
}
const ask = async (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { body, as = key }: { body?: unknown; as?: string } = {},
) => {
  const answer = await app.inject({
    method,
    url: `/api/alerts${path}`,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  })
  return {
    status: answer.statusCode,
    text: answer.body,
    retryAfter: answer.headers['retry-after'],
    ...answer.json<Answer>(),
  }
}
const makeBody = (fields: object = {}) => ({
  site_id: test.site.id,
  name: 'Rush',
  metric: 'pageviews',
  threshold: 1000,
  window_minutes: 60,
  ...fields,
})
const add = async (fields: object = {}) => (await ask('POST', '', { body: makeBody(fields) })).data
const faultsOf = ({ error }: Answer) => error.details!.map(({ field, reason }) => `${field} ${reason}`)

beforeAll(async () => {
  test = await createTestApp({ now: () => now })
  app = test.app
  const foreign = await test.control.addAccount({ name: 'Foreign', plan: 'free' })
  otherSite = await test.control.addSite({ domain: 'other.example', name: 'Other', allowedDomains: [] })
  foreignSite = await test.control.addSite({
    domain: 'foreign.example',
    name: 'Foreign',
    allowedDomains: [],
    accountId: foreign.id,
  })
  key = await addKey()
})
afterAll(() => test.close())
beforeEach(() => {
  now += 60_000
})

it('creates, reads, updates and removes an alert', async () => {
  const made = await ask('POST', '', {
    body: makeBody({
      hysteresis: 100,
      destinations: [{ type: 'webhook' }, { type: 'slack', url: SLACK_URL }],
    }),
  })
  expect(made.status).toBe(201)
  const alert = {
    id: made.data.id,
    site_id: test.site.id,
    name: 'Rush',
    metric: 'pageviews',
    comparison: '>',
    threshold: 1000,
    hysteresis: 100,
    window_minutes: 60,
    minimum_volume: 0,
    cool_down_minutes: 0,
    currency: null,
    active: true,
    destinations: [{ type: 'webhook' }, { type: 'slack', url: 'https://hooks.slack.example/…' }],
    created_at: new Date(now).toISOString(),
    state: 'clear',
    last_value: null,
    last_fired_at: null,
  }
  expect(made.data).toEqual(alert)
  expect((await ask('GET', `/${alert.id}`)).data).toEqual({ ...alert, notices: [] })
  expect((await ask('PATCH', `/${alert.id}`, { body: { threshold: 5, active: false } })).data).toEqual({
    ...alert,
    threshold: 5,
    active: false,
  })
  expect(await ask('DELETE', `/${alert.id}`)).toMatchObject({ status: 200, data: { id: alert.id } })
  for (const method of ['GET', 'DELETE'] as const)
    expect((await ask(method, `/${alert.id}`)).status).toBe(404)
})

it('lists the alerts of one site, or of all sites that the key can access', async () => {
  const mine = await add()
  const other = await add({ site_id: otherSite.id })
  const idsOf = async (query: string, as?: string) =>
    ((await ask('GET', query, { ...(as && { as }) })).data as unknown as { id: string }[]).map(({ id }) => id)
  expect(await idsOf('')).toEqual([mine.id, other.id].sort())
  expect(await idsOf(`?site_id=${otherSite.id}`)).toEqual([other.id])
  expect(await idsOf('', await addKey({ siteId: test.site.id }))).toEqual([mine.id])
  expect(await idsOf('', await addKey({ accountId: foreignSite.accountId }))).toEqual([])
  expect((await ask('GET', '?site_id=a&site_id=b')).status).toBe(400)
  for (const { id } of [mine, other]) await ask('DELETE', `/${id}`)
})

it('never reveals a Slack URL in a response, the log or the database file', async () => {
  const secret = SLACK_URL.split('/').at(-1)!
  const { id } = await add({ destinations: [{ type: 'slack', url: SLACK_URL }] })
  await ask('POST', `/${id}/test`)
  for (const answer of [
    await ask('GET', `/${id}`),
    await ask('GET', ''),
    await ask('PATCH', `/${id}`, { body: { name: 'x' } }),
  ])
    expect(answer.text).not.toContain(secret)
  expect(test.log.join('')).not.toContain(secret)
  expect(await searchFolder(test.folder, [secret])).toEqual([])
  await ask('DELETE', `/${id}`)
})

describe('a request body', () => {
  it('rejects an invalid alert with a list of every issue', async () => {
    const answer = await ask('POST', '', {
      body: makeBody({
        name: '',
        comparison: '!=',
        window_minutes: 0,
        destinations: [
          { type: 'slack', url: 'http://hooks.slack.example/x' },
          { type: 'email', address: 'ops@example.com' },
        ],
      }),
    })
    expect([answer.status, answer.error.code]).toEqual([400, 'VALIDATION_ERROR'])
    expect(faultsOf(answer).map((fault) => fault.split(' ')[0])).toEqual([
      'name',
      'window_minutes',
      'comparison',
      'destinations',
      'destinations',
    ])
  })

  it.each([
    'http://hooks.slack.example/x',
    'https://localhost/x',
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://169.254.169.254/x',
    'https://user:pass@hooks.slack.example/x',
    'https://hooks.slack.example:22/x',
    'x',
  ])('rejects %s as a Slack URL', async (url) => {
    const answer = await ask('POST', '', {
      body: makeBody({ destinations: [{ type: 'webhook' }, { type: 'slack', url }] }),
    })
    expect(faultsOf(answer)).toEqual([expect.stringMatching(/^destinations 2: URL /)])
  })

  it('rejects an alert for an unknown site or a site of another account', async () => {
    expect((await ask('POST', '', { body: makeBody({ site_id: foreignSite.id }) })).status).toBe(404)
    expect((await ask('POST', '', { body: makeBody({ site_id: 'ws_nothing' }) })).status).toBe(404)
    expect(
      (
        await ask('POST', '', {
          body: makeBody({ site_id: otherSite.id }),
          as: await addKey({ siteId: test.site.id }),
        })
      ).status,
    ).toBe(403)
  })
})

it('hides an alert from keys of other sites and from keys without the required scope', async () => {
  const { id } = await add()
  const foreign = await addKey({ accountId: foreignSite.accountId })
  const ofOther = await addKey({ siteId: otherSite.id })
  for (const as of [foreign, ofOther])
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
    ] as const)
      expect(
        (await ask(method, `/${id}${path}`, { as, ...(method === 'PATCH' && { body: { threshold: 1 } }) }))
          .status,
      ).toBe(404)
  expect((await ask('GET', `/${id}`, { as: await addKey({ scope: 'write' }) })).status).toBe(403)
  expect((await ask('GET', `/${id}`, { as: 'zv_nothing' })).status).toBe(401)
  expect((await ask('GET', `/${id}`)).data['threshold']).toBe(1000)
  await ask('DELETE', `/${id}`)
})

it('accepts at most fifty alerts per site, and removes them with the site', async () => {
  const site = await test.control.addSite({ domain: 'many.example', name: 'Many', allowedDomains: [] })
  for (let count = 0; count < 50; count++) await add({ site_id: site.id, name: `Alert ${count}` })
  const refused = await ask('POST', '', { body: makeBody({ site_id: site.id }) })
  expect(faultsOf(refused)).toEqual(['site_id has 50 alerts already, which is the most that a site may have'])
  const listed = (await ask('GET', `?site_id=${site.id}`)).data as unknown as { id: string }[]
  expect(listed).toHaveLength(50)
  await test.control.removeSite(site.id)
  expect((await ask('GET', `/${listed[0]!.id}`)).status).toBe(404)
})

it('sends a test of an alert to every destination at most once a minute', async () => {
  const { id } = await add({ destinations: [{ type: 'webhook' }, { type: 'slack', url: SLACK_URL }] })
  expect(await ask('POST', `/${id}/test`)).toMatchObject({ status: 200, data: { id, queued: 2 } })
  expect(await ask('POST', `/${id}/test`)).toMatchObject({ status: 429, retryAfter: '60' })
  const { notices } = (await ask('GET', `/${id}`)).data
  const notice = {
    at: new Date(now).toISOString(),
    event: 'alert',
    state: 'waiting',
    attempts: 0,
    ended_at: null,
    error: null,
  }
  expect(notices).toEqual([
    { ...notice, destination: { type: 'slack', url: 'https://hooks.slack.example/…' } },
    { ...notice, destination: { type: 'webhook' } },
  ])
  now += 60_000
  expect((await ask('POST', `/${id}/test`)).status).toBe(200)
  await ask('DELETE', `/${id}`)
})
