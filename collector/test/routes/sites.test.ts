import { createApiKey, type Site } from '@zenovay/collector'
import type { ErrorBody } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let collector: TestCollector
let adminKey: string

beforeAll(async () => {
  collector = await startTestCollector()
  adminKey = await createKey('admin', null)
})
afterAll(() => collector.close())

async function createKey(scope: 'read' | 'write' | 'admin', siteId: string | null): Promise<string> {
  const { secret, record } = createApiKey({ name: scope, siteId, scope }, Date.now())
  await collector.collector.control.addApiKey(record)
  return secret
}

interface Call {
  key?: string
  body?: unknown
  headers?: Record<string, string>
}

/** Calls a route with the admin key of all sites, unless another key or none ('') is given. */
async function call(method: string, path: string, { key = adminKey, body, headers }: Call = {}) {
  const answer = await fetch(`${collector.url}/api/sites${path}`, {
    method,
    headers: {
      ...(key && { 'x-api-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    body: (text ? JSON.parse(text) : undefined) as {
      success: boolean
      timestamp: string
      data: Record<string, unknown>
    } & ErrorBody,
  }
}

const addSite = (domain = 'matrix.example') =>
  collector.collector.control.addSite({ domain, name: domain, allowedDomains: [] })

describe('/api/sites', () => {
  it('adds a site with defaults for missing fields, and lists it', async () => {
    const added = await call('POST', '', { body: { domain: 'Bücher.example' } })
    expect(added.status).toBe(201)
    expect(added.body).toMatchObject({
      success: true,
      data: {
        domain: 'xn--bcher-kva.example',
        name: 'xn--bcher-kva.example',
        allowed_domains: [],
        time_zone: 'UTC',
        retention_months: 25,
        search_parameters: ['q', 'query', 'search', 's'],
      },
    })
    expect(Math.abs(Date.now() - Date.parse(added.body.timestamp))).toBeLessThan(60_000)
    const { id, tracking_code, created_at } = added.body.data as Record<string, string>
    expect([id, tracking_code, created_at]).toEqual([
      expect.stringMatching(/^ws_[a-z0-9]{12}$/),
      expect.stringMatching(/^ZV_[A-Z0-9]{11}$/),
      expect.stringMatching(/Z$/),
    ])
    const list = await call('GET', '')
    expect(list.body.data).toContainEqual(added.body.data)
    expect((await call('GET', `/${id}`)).body.data).toEqual(added.body.data)
    expect(list.headers.get('cache-control')).toBe('no-store')
  })

  it('accepts every setting of a site', async () => {
    const settings = {
      domain: 'all.example',
      name: 'All',
      allowed_domains: ['partner.example'],
      time_zone: 'Europe/Zurich',
      retention_months: 6,
      search_parameters: ['suche'],
    }
    expect((await call('POST', '', { body: settings })).body.data).toMatchObject(settings)
  })

  it('changes site settings with immediate effect on events', async () => {
    const site = await addSite('before.example')
    const post = (origin: string) =>
      collector.post(makeEvent(), { code: site.trackingCode, headers: { origin } })
    expect((await post('https://shop.example')).status).toBe(403)
    const patched = await call('PATCH', `/${site.id}`, {
      body: { allowed_domains: ['shop.example'], retention_months: 3 },
    })
    expect(patched.body.data).toMatchObject({
      domain: 'before.example',
      allowed_domains: ['shop.example'],
      time_zone: 'UTC',
      retention_months: 3,
    })
    expect((await post('https://shop.example')).status).toBe(200)
    await call('PATCH', `/${site.id}`, { body: { domain: 'after.example', allowed_domains: [] } })
    expect([
      (await post('https://shop.example')).status,
      (await post('https://after.example')).status,
    ]).toEqual([403, 200])
    expect((await call('PATCH', `/${site.id}`, { body: {} })).body.data).toMatchObject({
      domain: 'after.example',
    })
  })

  it('accepts events, heartbeats and live counts of an opaque origin if null is an allowed domain', async () => {
    const site = await addSite('framed.example')
    const headers = { origin: 'null' }
    const ask = async () => {
      const event = await collector.post(makeEvent(), { code: site.trackingCode, headers })
      const heartbeat = await fetch(`${collector.url}/e/heartbeat/${site.trackingCode}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'text/plain' },
        body: '{"session_id":"session-0001","visitor_id":"visitor-0001"}',
      })
      const live = await collector.get(`/e/live/${site.trackingCode}`, headers)
      return [event, heartbeat, live].map((answer) => [
        answer.status,
        answer.headers.get('access-control-allow-origin'),
      ])
    }
    expect(await ask()).toEqual([
      [403, '*'],
      [403, '*'],
      [200, '*'],
    ])
    await call('PATCH', `/${site.id}`, { body: { allowed_domains: ['null'] } })
    expect(await ask()).toEqual([
      [200, '*'],
      [200, '*'],
      [200, '*'],
    ])
  })

  it('removes a site with its keys and events immediately', async () => {
    const [site, kept] = [await addSite(), await addSite()]
    const key = await createKey('read', site.id)
    for (const { trackingCode } of [site, kept])
      expect(
        (await collector.post([makeEvent(), makeEvent({ age_ms: 1000 })], { code: trackingCode })).status,
      ).toBe(200)
    const removed = await call('DELETE', `/${site.id}`)
    expect(removed.status).toBe(200)
    expect(removed.body.data).toMatchObject({ id: site.id, erased: { events: 2 }, pending: false })
    expect(
      await collector.select(
        `SELECT site_id, count() AS n FROM events WHERE site_id IN ('${site.id}', '${kept.id}') GROUP BY site_id`,
      ),
    ).toEqual([{ site_id: kept.id, n: 2 }])
    expect((await collector.post(makeEvent(), { code: site.trackingCode })).status).toBe(404)
    expect((await collector.get('/api/external/v1/websites', { 'x-api-key': key })).status).toBe(401)
    expect((await call('GET', `/${site.id}`)).status).toBe(404)
    expect((await call('DELETE', `/${site.id}`)).status).toBe(404)
    // Until the last event under way must have arrived.
    expect((await collector.collector.control.listRemovals()).map(({ siteId }) => siteId)).toContain(site.id)
  })

  it('lists every issue of an invalid site', async () => {
    const answer = await call('POST', '', {
      body: {
        name: '',
        allowed_domains: ['https://x'],
        time_zone: 'Mars',
        retention_months: 500,
        search_parameters: 'q',
        colour: 'red',
      },
    })
    expect(answer.status).toBe(400)
    expect(answer.body.error.code).toBe('VALIDATION_ERROR')
    expect(answer.body.error.details!.map(({ field }) => field)).toEqual([
      'domain',
      'name',
      'allowed_domains',
      'time_zone',
      'retention_months',
      'search_parameters',
      'colour',
    ])
    const site = await addSite()
    for (const body of ['', '{', '[]', '"x"', 'null', '{"__proto__":{"a":1}}', '[[[[[[[[1]]]]]]]]'])
      expect([body, (await call('PATCH', `/${site.id}`, { body })).status]).toEqual([body, 400])
    expect((await call('PATCH', `/${site.id}`, { body: { id: 'ws_other' } })).status).toBe(400)
  })

  it('rejects site requests that are not JSON or exceed 64 KiB', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect([
        type,
        (await call('POST', '', { body: { domain: 'csrf.example' }, headers: { 'content-type': type } })).body
          .error.code,
      ]).toEqual([type, 'UNSUPPORTED_MEDIA_TYPE'])
    expect((await call('POST', '', { body: { domain: 'x.example', name: 'x'.repeat(70_000) } })).status).toBe(
      413,
    )
    expect((await collector.collector.control.listSites()).map(({ domain }) => domain)).not.toContain(
      'csrf.example',
    )
  })
})

describe('/api/sites and pages of other origins', () => {
  const origin = 'https://evil.example'

  it('allows no preflight and sends no CORS headers for /api/sites', async () => {
    const site = await addSite()
    for (const path of ['', `/${site.id}`, `/${site.id}/visitors/visitor-0001`])
      for (const method of ['GET', 'POST', 'PATCH', 'DELETE', 'PUT']) {
        const preflight = await call('OPTIONS', path, {
          key: '',
          headers: {
            origin,
            'access-control-request-method': method,
            'access-control-request-headers': 'x-api-key',
          },
        })
        expect([
          path,
          preflight.status,
          [...preflight.headers.keys()].filter((name) => name.startsWith('access-control-')),
        ]).toEqual([path, 401, []])
      }
    for (const answer of [
      await call('GET', '', { headers: { origin } }),
      await call('GET', '', { key: '', headers: { origin } }),
      await call('POST', '', { body: {}, headers: { origin } }),
    ])
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  it('sends no CORS headers for any spelling of the path /api/sites', async () => {
    const answer = await fetch(`${collector.url}/%61pi/site%73`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('rejects cross-site browser requests even if the key is valid', async () => {
    for (const [from, status] of [
      ['cross-site', 403],
      ['same-site', 403],
      ['same-origin', 200],
      ['none', 200],
    ] as const)
      expect([from, (await call('GET', '', { headers: { 'sec-fetch-site': from } })).status]).toEqual([
        from,
        status,
      ])
  })

  it('allows requests of other origins on public routes', async () => {
    const answer = await fetch(`${collector.url}/api/external/v1/websites`, {
      method: 'OPTIONS',
      headers: { origin },
    })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  })
})

describe('authorisation', () => {
  let site: Site
  let other: Site

  beforeEach(async () => {
    ;[site, other] = [await addSite(), await addSite()]
  })

  /** Status of every method on every path, in the order of the calls. */
  async function statuses(key: string): Promise<Record<string, number>> {
    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['POST', '', { domain: 'new.example' }],
      ['PATCH', '', { name: 'x' }],
      ['DELETE', ''],
      ['PUT', `/${site.id}`, { name: 'x' }],
      ['POST', `/${site.id}`, { name: 'x' }],
      ['GET', `/${site.id}`],
      ['PATCH', `/${site.id}`, { name: 'Renamed' }],
      ['DELETE', `/${site.id}/visitors/visitor-0001`],
      ['GET', `/${site.id}/visitors/visitor-0001`],
      ['GET', '/ws_nothing'],
      ['PATCH', '/ws_nothing', { name: 'x' }],
      ['DELETE', '/ws_nothing'],
      ['DELETE', '/ws_nothing/visitors/visitor-0001'],
      ['DELETE', `/${site.id}`],
    ]
    const found: Record<string, number> = {}
    for (const [method, path, body] of calls)
      found[`${method} ${path.replace(site.id, 'ID').replace('visitor-0001', 'V')}`] = (
        await call(method, path, { key, ...(body !== undefined && { body }) })
      ).status
    return found
  }

  // Unserved combinations are 404 for every key.
  const unserved = {
    'PATCH ': 404,
    'DELETE ': 404,
    'PUT /ID': 404,
    'POST /ID': 404,
    'GET /ID/visitors/V': 404,
  }
  const served = [
    'GET ',
    'POST ',
    'GET /ID',
    'PATCH /ID',
    'DELETE /ID/visitors/V',
    'GET /ws_nothing',
    'PATCH /ws_nothing',
    'DELETE /ws_nothing',
    'DELETE /ws_nothing/visitors/V',
    'DELETE /ID',
  ]
  const all = (status: number) => ({
    ...unserved,
    ...Object.fromEntries(served.map((name) => [name, status])),
  })

  it('answers 401 if the API key is missing, wrong or invented', async () => {
    for (const key of [
      '',
      'zv_nonsense',
      `zv_${'0'.repeat(16)}_${'0'.repeat(64)}`,
      adminKey.slice(0, -1) + (adminKey.endsWith('0') ? '1' : '0'),
    ])
      expect(await statuses(key)).toEqual(all(401))
  })

  it('answers 403 to read and write keys that manage sites, even if they are for all sites', async () => {
    for (const scope of ['read', 'write'] as const)
      for (const siteId of [null, site.id])
        expect(await statuses(await createKey(scope, siteId))).toEqual(all(403))
  })

  it('lets the admin key of one site read, change and erase only that site', async () => {
    expect(await statuses(await createKey('admin', site.id))).toEqual({
      ...all(403),
      'GET ': 200,
      'GET /ID': 200,
      'PATCH /ID': 200,
      'DELETE /ID/visitors/V': 200,
    })
    const list = await call('GET', '', { key: await createKey('admin', site.id) })
    expect((list.body.data as unknown as Site[]).map(({ id }) => id)).toEqual([site.id])
  })

  it('hides from the admin key of another site whether a site ID exists', async () => {
    expect(await statuses(await createKey('admin', other.id))).toEqual({ ...all(403), 'GET ': 200 })
  })

  it('allows every management request with an admin key for all sites', async () => {
    expect(await statuses(adminKey)).toEqual({
      ...unserved,
      'GET ': 200,
      'POST ': 201,
      'GET /ID': 200,
      'PATCH /ID': 200,
      'DELETE /ID/visitors/V': 200,
      'DELETE /ID': 200,
      'GET /ws_nothing': 404,
      'PATCH /ws_nothing': 404,
      'DELETE /ws_nothing': 404,
      'DELETE /ws_nothing/visitors/V': 404,
    })
  })

  it('lets keys with any scope read reports', async () => {
    for (const scope of ['read', 'write', 'admin'] as const)
      expect(
        (await collector.get('/api/external/v1/websites', { 'x-api-key': await createKey(scope, site.id) }))
          .status,
      ).toBe(200)
  })
})
