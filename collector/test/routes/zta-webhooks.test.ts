import { createApiKey, type Site } from '@zenovay/collector'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { KeyScope } from '../../src/control/keys/api-key.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'

const URL_OF_HOOK = 'https://hooks.example.net/webhook'
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string

let test: TestApp
let site: Site
let key: string

beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())
// A site may have at most ten webhooks.
beforeEach(async () => {
  site = await addSite()
  key = await addKey()
})

const addSite = (accountId = 'acc_default') =>
  test.control.addSite({ accountId, domain: 'example.com', name: 'Example', allowedDomains: [] })

async function addKey(
  scope: KeyScope = 'admin',
  { accountId, siteId = null }: { accountId?: string; siteId?: string | null } = {},
): Promise<string> {
  const { secret, record } = createApiKey(
    { name: 'test', siteId, scope, ...(accountId !== undefined && { accountId }) },
    Date.now(),
  )
  await test.control.addApiKey(record)
  return secret
}

type Method = 'GET' | 'POST' | 'DELETE'
async function ask(
  method: Method,
  path: string,
  { body, as = key, headers = {} }: { body?: unknown; as?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: unknown }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await test.app.inject({
    method,
    url: path,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload }),
  })
  return { status: answer.statusCode, body: answer.json() }
}

const create = (fields: object = {}, as = key) =>
  ask('POST', '/api/webhooks', {
    body: { siteId: site.id, url: URL_OF_HOOK, events: ['pageview', 'event', 'goal'], ...fields },
    as,
  })
const list = async (as = key) =>
  (await ask('GET', `/api/webhooks?siteId=${site.id}`, { as })).body as {
    webhooks: Record<string, unknown>[]
  }
const idOf = ({ body }: { body: unknown }) => (body as { webhook: { id: string } }).webhook.id

describe('/api/webhooks', () => {
  it('creates a webhook with its secret, lists it with the secret masked, and removes it', async () => {
    const made = await create({ description: 'Production <b>' })
    expect(made).toEqual({
      status: 201,
      body: {
        webhook: {
          id: expect.stringMatching(/^wh_\w+$/) as string,
          url: URL_OF_HOOK,
          events: ['pageview', 'event', 'goal'],
          secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as string,
          active: true,
          createdAt: TIME,
        },
      },
    })
    const { webhook } = made.body as { webhook: object }
    const listed = { ...webhook, secret: 'whsec_********', lastTriggered: null }
    expect(await list()).toEqual({ webhooks: [listed] })
    // The rest of a URL is often a secret of the receiver.
    for (const scope of ['read', 'write'] as const)
      expect(await list(await addKey(scope))).toEqual({
        webhooks: [{ ...listed, url: 'https://hooks.example.net' }],
      })
    expect(await ask('DELETE', `/api/webhooks?id=${idOf(made)}`)).toEqual({
      status: 200,
      body: { success: true, message: 'Webhook deleted successfully' },
    })
    expect(await list()).toEqual({ webhooks: [] })
  })

  it('rejects a webhook with a body over the size limit', async () => {
    expect(await create({ description: 'x'.repeat(1024 * 1024) })).toEqual({
      status: 413,
      body: { error: 'Request body must be at most 64 KB' },
    })
    expect(await list()).toEqual({ webhooks: [] })
  })

  it('rejects invalid webhook input with the documented messages', async () => {
    const refusals: [object, string][] = [
      [{ url: 'http://hooks.example.net/webhook' }, 'URL must use HTTPS'],
      [{ url: 'hooks.example.net' }, 'URL must use HTTPS'],
      [{ url: 1 }, 'URL must use HTTPS'],
      [{ url: undefined }, 'url is required'],
      [{ siteId: undefined }, 'siteId is required'],
      [{ siteId: 1 }, 'siteId is required'],
      [{ events: ['pageview', 'invalid_event'] }, 'Invalid event type: invalid_event'],
      [{ events: ['test'] }, 'Invalid event type: test'],
      [{ events: ['__proto__'] }, 'Invalid event type: __proto__'],
      [{ events: [null] }, 'Invalid event type: null'],
      [{ events: [] }, 'events must name at least one event type'],
      [{ events: undefined }, 'events must be an array of event types'],
      [{ events: 'pageview' }, 'events must be an array of event types'],
      [
        { events: ['pageview', 'event', 'goal', 'alert', 'session_end', 'traffic_spike'] },
        'Maximum 5 event types per webhook',
      ],
      [{ events: ['one', 'goal', 'two'] }, 'Invalid event type: one; Invalid event type: two'],
      [
        { siteId: undefined, url: 'http://hooks.example.net/', events: ['one'], description: 1 },
        'siteId is required; URL must use HTTPS; Invalid event type: one; description must be a string of at most 500 characters',
      ],
      [{ description: 'x'.repeat(501) }, 'description must be a string of at most 500 characters'],
      [{ url: 'https://127.0.0.1/' }, 'URL must name a host on the public internet'],
    ]
    for (const [fields, error] of refusals)
      expect(await create(fields), error).toEqual({ status: 400, body: { error } })
    for (const [body, error] of [
      ['{', 'Request body is not valid JSON'],
      ['[]', 'Request body must be a JSON object'],
      ['', 'Request body is not valid JSON'],
    ] as const)
      expect(await ask('POST', '/api/webhooks', { body })).toEqual({ status: 400, body: { error } })
    expect(await ask('GET', '/api/webhooks')).toEqual({ status: 400, body: { error: 'siteId is required' } })
    expect(await ask('DELETE', '/api/webhooks')).toEqual({ status: 400, body: { error: 'id is required' } })
    expect(await ask('DELETE', '/api/webhooks?id=wh_nothing')).toEqual({
      status: 404,
      body: { error: 'Webhook not found' },
    })
    expect(await create({}, 'nothing')).toEqual({ status: 401, body: { error: 'Unauthorized' } })
    expect(await list()).toEqual({ webhooks: [] })
  })

  it('answers unknown methods and paths in its own error format', async () => {
    const error = 'There is no such route. Use GET, POST, DELETE /api/webhooks'
    for (const [method, path] of [
      ['PUT', '/api/webhooks'],
      ['PATCH', '/api/webhooks?id=wh_1'],
      ['GET', '/api/webhooks/wh_1'],
      ['DELETE', '/api/webhooks/wh_1/test'],
      ['OPTIONS', '/api/webhooks'],
      ['OPTIONS', '/api/webhooks/wh_1'],
    ])
      expect(await ask(method as Method, path!, {}), `${method} ${path}`).toEqual({
        status: 404,
        body: { error },
      })
    expect(await ask('POST', '/api/activity-log', { body: {} })).toEqual({
      status: 404,
      body: { error: 'There is no such route. Use GET /api/activity-log' },
    })
    // Other APIs keep their format.
    expect((await ask('GET', '/api/webhooksandmore')).body).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })

  it('accepts the event types of both products, and stores each type once', async () => {
    expect(
      await create({ events: ['pageview', 'event', 'goal', 'alert', 'session_end', 'pageview'] }),
    ).toMatchObject({
      status: 201,
      body: { webhook: { events: ['pageview', 'event', 'goal', 'alert', 'session_end'] } },
    })
    expect(await create({ events: ['traffic_spike', 'high_value_visitor'] })).toMatchObject({ status: 201 })
  })

  it('accepts at most ten webhooks per site, even if requests are concurrent', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, () => create()))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10)
    expect(answers.filter(({ status }) => status !== 201)).toEqual(
      Array.from({ length: 15 }, () => ({ status: 400, body: { error: 'Maximum 10 webhooks per site' } })),
    )
    expect((await list()).webhooks).toHaveLength(10)
    await ask('DELETE', `/api/webhooks?id=${(await list()).webhooks[3]!['id'] as string}`)
    expect(await create()).toMatchObject({ status: 201 })
    expect(await create({ siteId: (await addSite()).id })).toMatchObject({ status: 201 })
  })

  it('reveals no webhook to keys without access to its site', async () => {
    const id = idOf(await create())
    const other = await test.control.addAccount({ name: 'Other', plan: 'free' })
    const alsoMine = await addSite()
    const foreign = { status: 403, body: { error: 'Access denied' } }
    for (const as of [
      await addKey('admin', { accountId: other.id }),
      await addKey('admin', { siteId: alsoMine.id }),
    ]) {
      expect(await ask('GET', `/api/webhooks?siteId=${site.id}`, { as })).toEqual(foreign)
      expect(await create({}, as)).toEqual(foreign)
      expect(await create({ siteId: 'ws_nothing' }, as)).toEqual(foreign)
      expect(await ask('GET', `/api/activity-log?siteId=${site.id}&type=webhook`, { as })).toEqual(foreign)
      expect(await ask('DELETE', `/api/webhooks?id=${id}`, { as })).toEqual({
        status: 404,
        body: { error: 'Webhook not found' },
      })
    }
    for (const scope of ['read', 'write'] as const) {
      const as = await addKey(scope)
      expect(await create({}, as)).toEqual(foreign)
      expect(await ask('DELETE', `/api/webhooks?id=${id}`, { as })).toEqual(foreign)
    }
    expect(
      await ask('GET', `/api/webhooks?siteId=${site.id}`, { headers: { 'sec-fetch-site': 'cross-site' } }),
    ).toEqual(foreign)
    expect((await list()).webhooks).toHaveLength(1)
  })
})

describe('/api/activity-log', () => {
  it('lists the activity log newest first and page by page', async () => {
    const id = idOf(await create())
    await ask('POST', `/v1/cli/mutate/webhooks/${id}/test`)
    await ask('DELETE', `/api/webhooks?id=${id}`)
    const read = async (query = '') =>
      (await ask('GET', `/api/activity-log?siteId=${site.id}&type=webhook${query}`)).body as {
        activities: { action: string }[]
        nextBefore: number | null
      }
    const { activities, nextBefore } = await read()
    expect(activities.map(({ action }) => action)).toEqual(['removed', 'test', 'created'])
    expect(nextBefore).toBeNull()
    expect(activities[1]).toMatchObject({
      id: expect.any(Number) as number,
      type: 'webhook',
      timestamp: TIME,
      webhookId: id,
      siteId: site.id,
      event: 'test',
      status: 200,
      error: null,
      answer: '',
    })
    const first = await read('&limit=2')
    expect(first.activities).toEqual(activities.slice(0, 2))
    expect((await read(`&limit=2&before=${first.nextBefore}`)).activities).toEqual(activities.slice(2))
  })

  it('rejects invalid parameters of the activity log', async () => {
    const refusals = [
      ['', 'siteId is required'],
      [`siteId=${site.id}&type=login`, 'type must be one of webhook, alert, goal, key'],
      [`siteId=${site.id}&limit=0`, 'limit must be a number from 1 to 100'],
      [`siteId=${site.id}&limit=101`, 'limit must be a number from 1 to 100'],
      [`siteId=${site.id}&before=x`, 'before must be the nextBefore of an answer'],
    ]
    for (const [query, error] of refusals)
      expect(await ask('GET', `/api/activity-log?${query}`)).toEqual({ status: 400, body: { error } })
  })
})
