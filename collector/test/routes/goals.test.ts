import type { Fault } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, type NewApiKey } from '../../src/control/keys/api-key.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { expectEvery } from '../support/expect-every.js'

let test: TestApp
let adminKey: string
beforeAll(async () => {
  test = await createTestApp()
  adminKey = await addKey({})
})
afterAll(() => test.close())

async function addKey(fields: Partial<NewApiKey>): Promise<string> {
  const { secret, record } = createApiKey(
    { name: 'test', siteId: null, scope: 'admin', ...fields },
    Date.now(),
  )
  await test.control.addApiKey(record)
  return secret
}

async function call(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { body, key = adminKey }: { body?: unknown; key?: string } = {},
) {
  const answer = await test.app.inject({
    method,
    url: `/api/goals${path}`,
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const { data, error } = answer.json<{
    data: Record<string, unknown>
    error?: { code: string; details: Fault[] }
  }>()
  return {
    status: answer.statusCode,
    headers: answer.headers,
    data,
    code: error?.code,
    fields: error?.details?.map(({ field }) => field).sort(),
  }
}

const addSite = (accountId?: string) =>
  test.control.addSite({
    domain: 'goals.example',
    name: 'Goals',
    allowedDomains: [],
    ...(accountId !== undefined && { accountId }),
  })
const signup = (siteId = test.site.id) => ({
  site_id: siteId,
  name: 'Signed up',
  kind: 'event',
  event: 'signup',
})

describe('/api/goals', () => {
  it('creates goals of every kind, and lists them oldest first', async () => {
    const { id } = await addSite()
    const bodies = [
      { name: 'Thanks', kind: 'path', match: 'exact', path: '/thanks', value: 2.5 },
      { name: 'Blog', kind: 'path', match: 'glob', path: '/blog/**', value: null },
      { name: 'Signed up', kind: 'event', event: 'signup', value: null },
      { name: 'Two minutes', kind: 'duration', seconds: 120, value: 0 },
    ]
    const added = []
    for (const body of bodies) {
      const { status, data } = await call('POST', '', { body: { site_id: id, ...body } })
      expect([status, data]).toEqual([
        201,
        {
          id: expect.stringMatching(/^goal_[a-z0-9]{12}$/) as string,
          site_id: id,
          ...body,
          created_at: expect.stringMatching(/Z$/) as string,
        },
      ])
      added.push(data)
    }
    expect(await call('GET', `?site_id=${id}`)).toMatchObject({
      status: 200,
      data: added,
      headers: { 'cache-control': 'no-store' },
    })
    expect((await call('GET', `/${String(added[1]!['id'])}`)).data).toEqual(added[1])
  })

  it('updates the given fields of a goal, and replaces its rule as a whole', async () => {
    const { data } = await call('POST', '', { body: signup() })
    const path = `/${String(data['id'])}`
    expect((await call('PATCH', path, { body: { value: 3 } })).data).toEqual({ ...data, value: 3 })
    expect(
      (await call('PATCH', path, { body: { name: 'Bought', kind: 'path', path: '/bought' } })).data,
    ).toEqual({
      id: data['id'],
      site_id: test.site.id,
      name: 'Bought',
      kind: 'path',
      match: 'exact',
      path: '/bought',
      value: 3,
      created_at: data['created_at'],
    })
    expect((await call('PATCH', path, { body: {} })).data).toMatchObject({ name: 'Bought' })
    expect((await call('PATCH', path, { body: { path: '/x' } })).fields).toEqual(['kind'])
  })

  it('removes a goal only once', async () => {
    const { data } = await call('POST', '', { body: signup() })
    const path = `/${String(data['id'])}`
    expect((await call('DELETE', path)).data).toEqual({ id: data['id'] })
    for (const method of ['DELETE', 'GET', 'PATCH'] as const)
      expect((await call(method, path, method === 'PATCH' ? { body: {} } : {})).code).toBe('NOT_FOUND')
  })

  it('lists every issue of an invalid goal', async () => {
    expect(await call('POST', '', { body: { name: 7, kind: 'duration', colour: 'red' } })).toMatchObject({
      status: 400,
      code: 'VALIDATION_ERROR',
      fields: ['colour', 'name', 'seconds', 'site_id'],
    })
    expect((await call('POST', '', { body: '{' })).code).toBe('VALIDATION_ERROR')
    expect((await call('GET', '?colour=red&site_id=a&site_id=b')).fields).toEqual(['colour', 'site_id'])
  })

  it('accepts at most 50 goals per site, even if many are created concurrently', async () => {
    const { id } = await addSite()
    const answers = await Promise.all(
      Array.from({ length: 55 }, () => call('POST', '', { body: signup(id) })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50)
    expectEvery(
      answers.filter(({ status }) => status === 400),
      ({ fields }) => fields?.join() === 'site_id',
    )
    expect((await call('GET', `?site_id=${id}`)).data).toHaveLength(50)
  })

  it('rejects goal requests without an admin key for the site', async () => {
    const other = await test.control.addAccount({ name: 'Other', plan: 'pro' })
    const theirs = await addSite(other.id)
    const theirKey = await addKey({ accountId: other.id })
    const mine = (await call('POST', '', { body: signup() })).data
    const their = (await call('POST', '', { body: signup(theirs.id), key: theirKey })).data
    const alsoMine = await addSite()
    const keyOfOne = await addKey({ siteId: alsoMine.id })

    expect((await call('GET', '', { key: '' })).status).toBe(401)
    for (const scope of ['read', 'write'] as const)
      expect((await call('GET', '', { key: await addKey({ scope }) })).status).toBe(403)
    for (const [key, goal, siteId] of [
      [adminKey, their, theirs.id],
      [theirKey, mine, test.site.id],
      [keyOfOne, mine, test.site.id],
    ] as const) {
      for (const method of ['GET', 'PATCH', 'DELETE'] as const)
        expect(
          (
            await call(method, `/${String(goal['id'])}`, {
              key,
              ...(method === 'PATCH' && { body: { name: 'x' } }),
            })
          ).status,
        ).toBe(404)
      expect([403, 404]).toContain((await call('GET', `?site_id=${siteId}`, { key })).status)
      expect([403, 404]).toContain((await call('POST', '', { key, body: signup(siteId) })).status)
    }
    expect((await call('GET', '', { key: theirKey })).data).toEqual([their])
    expect((await call('GET', '', { key: keyOfOne })).data).toEqual([])
    expect((await call('GET', '')).data).toContainEqual(mine)
  })

  it('removes the goals of a site together with the site', async () => {
    const site = await addSite()
    const { data } = await call('POST', '', { body: signup(site.id) })
    await test.control.removeSite(site.id)
    expect((await call('GET', `/${String(data['id'])}`)).status).toBe(404)
  })
})
