import type { ErrorBody } from '@zenovay/tracker/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, KEY_SCOPES, type NewApiKey } from '../../src/control/keys/api-key.js'
import type { Site } from '../../src/control/sites.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string

let opened: TestApp
let admin: string

beforeEach(async () => {
  opened = await createTestApp()
  admin = (await addKey({ scope: 'admin' })).secret
})
afterEach(() => opened.close())

async function addKey(fields: Partial<NewApiKey> = {}): Promise<{ id: string; secret: string }> {
  const { secret, record } = createApiKey({ name: 'test', siteId: null, ...fields }, Date.now())
  await opened.control.addApiKey(record)
  return { id: record.id, secret }
}

interface KeyData {
  id: string
  name: string
  key?: string
  masked_key: string
  scope: string
  site_id: string | null
  created_at: string
  last_used_at: string | null
}

interface Call {
  key?: string
  body?: unknown
  headers?: Record<string, string>
}

/** Calls a route with the admin key of the default account, unless another key is given. */
async function call<Data = KeyData>(
  method: 'GET' | 'POST' | 'DELETE' | 'PATCH',
  url: string,
  { key = admin, body, headers }: Call = {},
) {
  const answer = await opened.app.inject({
    method,
    url,
    headers: {
      'x-api-key': key,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const { data, error } = answer.json<{ data: Data } & Partial<ErrorBody>>()
  return { status: answer.statusCode, data, error, headers: answer.headers, text: answer.body }
}

const listIds = async (key?: string) =>
  (await call<KeyData[]>('GET', '/api/keys', { ...(key !== undefined && { key }) })).data.map(({ id }) => id)

describe('/api/keys', () => {
  it('creates a working API key, and returns its secret only once', async () => {
    const made = await call('POST', '/api/keys', {
      body: { name: ' Dashboard ', scope: 'write', site_id: opened.site.id },
    })
    const { key, ...described } = made.data
    expect([made.status, made.headers['cache-control']]).toEqual([201, 'no-store'])
    expect(key).toMatch(new RegExp(`^zv_${described.id}_[0-9a-f]{64}$`))
    expect(described.id).toMatch(/^[0-9a-f]{16}$/)
    expect(described).toEqual({
      id: described.id,
      name: 'Dashboard',
      masked_key: `zv_${described.id}_…`,
      scope: 'write',
      site_id: opened.site.id,
      created_at: TIME,
      last_used_at: null,
    })
    expect((await call<unknown[]>('GET', '/api/external/v1/websites', { key: key! })).data).toHaveLength(1)
    const list = await call<KeyData[]>('GET', '/api/keys')
    expect(list.data).toContainEqual({ ...described, last_used_at: TIME })
    expect(list.text).not.toContain(key!.slice(-64))
    expect(list.text).not.toContain((await opened.control.findApiKey(described.id))!.hash)
  })

  it('creates a read key for all sites by default', async () => {
    expect((await call('POST', '/api/keys', { body: { name: 'all' } })).data).toMatchObject({
      scope: 'read',
      site_id: null,
    })
    expect(
      (await call('POST', '/api/keys', { body: { name: 'all', site_id: null, scope: 'admin' } })).data,
    ).toMatchObject({ scope: 'admin', site_id: null })
  })

  it('revokes any API key immediately, including the last key and the key of the request', async () => {
    const { id, secret } = await addKey()
    expect((await call('GET', '/api/external/v1/websites', { key: secret })).status).toBe(200)
    expect(await call('DELETE', `/api/keys/${id}`)).toMatchObject({ status: 200, data: { id } })
    expect((await call('GET', '/api/external/v1/websites', { key: secret })).status).toBe(401)
    expect((await call('DELETE', `/api/keys/${id}`)).status).toBe(404)
    const [last] = await listIds()
    expect((await call('DELETE', `/api/keys/${last}`)).status).toBe(200)
    expect((await call('GET', '/api/keys')).status).toBe(401)
  })

  it('lists every issue of an invalid body for a new API key', async () => {
    const { status, error } = await call('POST', '/api/keys', {
      body: { name: 'two\nlines', scope: 'root', site_id: 7, account_id: 'acc_default' },
    })
    expect([status, error!.code, error!.details!.map(({ field }) => field)]).toEqual([
      400,
      'VALIDATION_ERROR',
      ['name', 'scope', 'site_id', 'account_id'],
    ])
    expect((await call('POST', '/api/keys', { body: {} })).error!.details).toEqual([
      { field: 'name', reason: 'is missing: it must be a string of 1 to 100 characters on one line' },
    ])
    for (const body of ['', '{', '[]', 'null', '"x"', '{"__proto__":{"scope":"admin"},"name":"x"}'])
      expect([body, (await call('POST', '/api/keys', { body })).status]).toEqual([body, 400])
    expect(await listIds()).toHaveLength(1)
  })

  it('rejects key requests that are not JSON or come from pages of other origins', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect([
        type,
        (await call('POST', '/api/keys', { body: '{"name":"x"}', headers: { 'content-type': type } })).status,
      ]).toEqual([type, 415])
    const { status, headers } = await call('POST', '/api/keys', {
      body: { name: 'x' },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    expect([status, headers['access-control-allow-origin']]).toEqual([403, undefined])
    const preflight = await opened.app.inject({
      method: 'OPTIONS',
      url: '/api/keys',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    expect([preflight.statusCode, preflight.headers['access-control-allow-origin']]).toEqual([401, undefined])
    expect(await listIds()).toHaveLength(1)
  })
})

describe('access', () => {
  let other: Site
  beforeEach(async () => {
    other = await opened.control.addSite({ domain: 'other.example', name: 'Other', allowedDomains: [] })
  })

  it('rejects the management of API keys without the scope admin', async () => {
    for (const scope of ['read', 'write'] as const) {
      const { id, secret } = await addKey({ scope })
      for (const answer of [
        await call('GET', '/api/keys', { key: secret }),
        await call('POST', '/api/keys', { key: secret, body: { name: 'x' } }),
        await call('DELETE', `/api/keys/${id}`, { key: secret }),
      ])
        expect(answer.status).toBe(403)
    }
  })

  it('restricts an admin key of one site to that site', async () => {
    const siteAdmin = await addKey({ scope: 'admin', siteId: opened.site.id })
    const [sibling, wide, foreign] = [
      await addKey({ siteId: opened.site.id }),
      await addKey(),
      await addKey({ siteId: other.id }),
    ]
    expect((await listIds(siteAdmin.secret)).sort()).toEqual([siteAdmin.id, sibling.id].sort())
    for (const [siteId, status] of [
      [opened.site.id, 201],
      [null, 201],
      [other.id, 403],
      ['ws_nothing', 403],
    ] as const) {
      const { status: found, data } = await call('POST', '/api/keys', {
        key: siteAdmin.secret,
        body: { name: 'made', site_id: siteId },
      })
      expect([siteId, found]).toEqual([siteId, status])
      // A key never exceeds the key that created it: "all" means all sites of this one.
      if (status === 201) expect(data.site_id).toBe(opened.site.id)
    }
    for (const [{ id }, status] of [
      [wide, 404],
      [foreign, 404],
      [sibling, 200],
      [siteAdmin, 200],
    ] as const)
      expect((await call('DELETE', `/api/keys/${id}`, { key: siteAdmin.secret })).status).toBe(status)
    expect(await opened.control.findApiKey(wide.id)).toBeDefined()
  })

  it('restricts an account key to the keys of its own account', async () => {
    const { id: accountId } = await opened.control.addAccount({ name: 'Rival', plan: 'enterprise' })
    const theirs = await opened.control.addSite({
      accountId,
      domain: 'rival.example',
      name: 'Rival',
      allowedDomains: [],
    })
    const ours = await addKey({ siteId: opened.site.id })
    for (const scope of KEY_SCOPES)
      for (const siteId of [null, theirs.id]) {
        const { id, secret: key } = await addKey({ accountId, siteId, scope })
        // One of our sites, or an unknown one: the answer is the same.
        for (const target of [opened.site.id, 'ws_nothing']) {
          const refused = siteId === null && scope === 'admin' ? 404 : 403
          const read = siteId === null ? 404 : 403
          for (const path of ['', '/pages', '/events'])
            expect((await call('GET', `/api/external/v1/analytics/${target}${path}`, { key })).status).toBe(
              read,
            )
          expect((await call('GET', `/api/sites/${target}`, { key })).status).toBe(refused)
          expect((await call('PATCH', `/api/sites/${target}`, { key, body: { name: 'Taken' } })).status).toBe(
            refused,
          )
          expect((await call('DELETE', `/api/sites/${target}/visitors/visitor-0001`, { key })).status).toBe(
            refused,
          )
          expect((await call('DELETE', `/api/sites/${target}`, { key })).status).toBe(refused)
          expect(
            (await call('POST', '/api/keys', { key, body: { name: 'x', site_id: target } })).status,
          ).toBe(refused)
        }
        for (const target of [ours.id, '0'.repeat(16)])
          expect((await call('DELETE', `/api/keys/${target}`, { key })).status).toBe(
            scope === 'admin' ? 404 : 403,
          )
        expect(
          (await call<Site[]>('GET', '/api/external/v1/websites', { key })).data.map((site) => site.id),
        ).toEqual([theirs.id])
        if (scope !== 'admin') continue
        expect((await call<Site[]>('GET', '/api/sites', { key })).data.map((site) => site.id)).toEqual([
          theirs.id,
        ])
        expect(await listIds(key)).toContain(id)
        expect(await listIds(key)).not.toContain(ours.id)
      }
    expect(await opened.control.findSite(opened.site.id)).toMatchObject({ name: 'Example' })
    expect(await opened.control.findApiKey(ours.id)).toBeDefined()
    expect(await listIds()).not.toContain(
      (await opened.control.listApiKeysOf({ accountId, siteId: null }))[0]!.id,
    )
  })

  it('assigns a created key to the account of its creator', async () => {
    const { id: accountId } = await opened.control.addAccount({ name: 'Rival', plan: 'pro' })
    const { secret: key } = await addKey({ accountId, scope: 'admin' })
    const site = await call<{ id: string }>('POST', '/api/sites', { key, body: { domain: 'new.example' } })
    const made = await call('POST', '/api/keys', { key, body: { name: 'new', site_id: site.data.id } })
    expect([
      (await opened.control.findSite(site.data.id))!.accountId,
      (await opened.control.findApiKey(made.data.id))!.accountId,
    ]).toEqual([accountId, accountId])
    expect((await call('GET', `/api/sites/${site.data.id}`)).status).toBe(404)
  })
})
