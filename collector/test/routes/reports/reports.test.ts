import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MADE_UP_REPORTS, MADE_UP_VISITORS as visitors } from '../../support/made-up-reports.js'
import { makeFigures, NONE } from '../../support/fake-reports.js'
import { type ExternalApi, NOW, openExternalApi } from '../../support/open-external-api.js'

let api: ExternalApi
beforeAll(async () => {
  api = await openExternalApi(MADE_UP_REPORTS)
})
afterAll(() => api.close())
beforeEach(() => void api.asked.splice(0))

describe('the overview', () => {
  it('returns the overview with the field names of old and new integrations', async () => {
    const { status, headers, body } = await api.get('/analytics/{id}?range=7d')
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['x-request-id']).toBeTruthy()
    expect(body).toMatchObject({
      success: true,
      timestamp: '2026-04-01T10:00:00.000Z',
      totalVisitors: 20,
      totalPageViews: 60,
      bounceRate: 40,
    })
    expect(body.data).toMatchObject({
      website: { id: api.site.id, domain: 'example.com', time_zone: 'Europe/Zurich' },
      time_range: '7d',
      date_range: {
        from: '2026-03-25T23:00:00.000Z',
        to: '2026-04-01T10:00:00.001Z',
        time_zone: 'Europe/Zurich',
      },
      summary: {
        total_visitors: 20,
        unique_visitors: 20,
        total_visits: 21,
        total_page_views: 60,
        bounce_rate: 40,
        avg_visit_duration: 12.5,
        engaged_rate: 62.5,
        avg_engaged_time: 7.5,
      },
    })
    expect(body.data.daily_stats.map(({ date, total_visitors }) => [date, total_visitors])).toEqual([
      ['2026-03-26', 0],
      ['2026-03-27', 1],
      ['2026-03-28', 2],
      ['2026-03-29', 3],
      ['2026-03-30', 4],
      ['2026-03-31', 5],
      ['2026-04-01', 6],
    ])
    // The day on which clocks go forward has 23 hours.
    const starts = api.asked.find(({ method }) => method === 'timeline')!.rest[0] as number[]
    expect(starts[4]! - starts[3]!).toBe(23 * 60 * 60 * 1000)
  })

  it('includes whole days in the overview if dates are given', async () => {
    const { body } = await api.get('/analytics/{id}?from=2026-03-01&to=2026-03-02')
    expect(body.data.time_range).toBe('custom')
    expect(body.data.date_range).toMatchObject({
      from: '2026-02-28T23:00:00.000Z',
      to: '2026-03-02T23:00:00.000Z',
    })
    expect(body.data.daily_stats).toHaveLength(2)
  })

  it('includes a comparison with the previous period in the overview', async () => {
    const { body } = await api.get('/analytics/{id}?range=7d&compare=previous')
    expect(body.data.comparison).toMatchObject({
      date_range: { from: '2026-03-18T23:00:00.000Z', to: '2026-03-25T11:00:00.001Z' },
      summary: { total_visitors: 10, total_page_views: 30 },
      change: { total_visitors: 100, total_page_views: 100, total_visits: 90.9, bounce_rate: 0 },
    })
  })
})

it('has no change and no rates where the previous period had no visits', async () => {
  const young = await openExternalApi({
    summary: async ({ period }) => (period.to > NOW ? makeFigures(20) : NONE),
    goals: async ({ period }, rules) =>
      rules.map(() =>
        period.to > NOW
          ? { conversions: 0, visitors: 0, conversionRate: 0 }
          : { conversions: 0, visitors: 0, conversionRate: null },
      ),
  })
  const overview = await young.get('/analytics/{id}?compare=previous')
  const { summary, change } = overview.body.data.comparison as Record<string, Record<string, unknown>>
  expect(summary).toMatchObject({ total_visits: 0, bounce_rate: null, avg_visit_duration: null })
  expect(change).toEqual(Object.fromEntries(Object.keys(summary!).map((name) => [name, null])))
  const { data } = (await young.get('/analytics/{id}/goals?compare=previous')).body
  expect(data).toMatchObject({
    goals: [
      {
        conversion_rate: 0,
        previous: { conversions: 0, conversion_rate: null },
        change: { conversions: null, visitors: null, conversion_rate: null, total_value: null },
      },
    ],
  })
  await young.close()
})

it('passes every report filter to the store', async () => {
  const query =
    'path=/a%20b&country=CH&device=mobile&browser=Firefox&os=iOS&source=&channel=paid&utm_source=s&utm_medium=m&utm_campaign=c&utm_term=t&utm_content=o&event=signup&property[plan]=pro&property[a]b]=1'
  expect((await api.get(`/analytics/{id}/pages?${query}`)).status).toBe(200)
  expect(api.asked[0]!.scope.filters).toEqual([
    ...[
      ['country', 'CH'],
      ['device_type', 'mobile'],
      ['browser', 'Firefox'],
      ['os', 'iOS'],
      ['source', ''],
      ['channel', 'paid'],
    ].map(([field, value]) => ({ by: 'field', field, value })),
    ...[
      ['utm_source', 's'],
      ['utm_medium', 'm'],
      ['utm_campaign', 'c'],
      ['utm_term', 't'],
      ['utm_content', 'o'],
    ].map(([field, value]) => ({ by: 'field', field, value })),
    { by: 'path', value: '/a b' },
    { by: 'event', value: 'signup' },
    { by: 'property', key: 'a]b', value: '1' },
    { by: 'property', key: 'plan', value: 'pro' },
  ])
})

describe('the list of visitors', () => {
  it('returns visitors as an object if a range or limit is given', async () => {
    const { body } = await api.get('/analytics/{id}/visitors?range=24h')
    expect(body.data.visitors).toHaveLength(50)
    expect(body.data.visitors[0]).toMatchObject({
      id: 'visitor-0',
      country: 'CH',
      country_code: 'CH',
      country_name: 'Switzerland',
      device_type: 'desktop',
      value_score: 41,
      visited_at: '2026-04-01T10:00:00.000Z',
      last_seen: '2026-04-01T09:05:00.000Z',
      landing_page: 'https://example.com/',
      page_count: 9,
      pageviews: 9,
    })
    expect(body.data.pagination).toMatchObject({ limit: 50, offset: 0, has_more: true })
    expect((await api.get('/analytics/{id}/visitors?limit=2&offset=59')).body.data).toMatchObject({
      visitors: [{ id: 'visitor-59' }],
      pagination: { has_more: false, next_cursor: null },
    })
  })

  it('returns visitors as a plain array if no range or limit is given', async () => {
    const { body } = await api.get('/analytics/{id}/visitors')
    expect(body.data.map(({ id }) => id)).toEqual(visitors.map(({ id }) => id))
    expect(body.pagination).toMatchObject({ limit: 1000, has_more: false })
  })

  it('returns each visitor once across all cursor pages', async () => {
    const seen: unknown[] = []
    let cursor = ''
    do {
      const { body } = await api.get(
        `/analytics/{id}/visitors?range=24h&limit=7${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...body.data.visitors.map(({ id }) => id))
      cursor = body.data.pagination.next_cursor
    } while (cursor)
    expect(seen).toEqual(visitors.map(({ id }) => id))
  })

  it('returns one visitor with the parts of the visitor score', async () => {
    expect((await api.get('/analytics/{id}/visitors/visitor-3')).body.data).toMatchObject({
      id: 'visitor-3',
      value_score: 41,
      value_parts: { pages: 18, source: 7 },
    })
    expect((await api.get('/analytics/{id}/visitors/nobody')).status).toBe(404)
  })
})

describe('a cursor', () => {
  const first = async (query: string) =>
    (await api.get(`/analytics/{id}/sources?limit=1&${query}`)).body.data.pagination.next_cursor

  it('continues a ranked list at the cursor', async () => {
    const { body } = await api.get(
      `/analytics/{id}/sources?limit=1&range=30d&cursor=${await first('range=30d')}`,
    )
    expect(body.data).toMatchObject({
      sources: [{ name: '=cmd()' }],
      pagination: { offset: 1, has_more: true },
    })
  })

  it.each([
    ['of another period', 'range=7d'],
    ['of other filters', 'range=30d&country=CH'],
  ])('rejects a cursor %s', async (_, query) => {
    const { status, body } = await api.get(
      `/analytics/{id}/sources?limit=1&${query}&cursor=${await first('range=30d')}`,
    )
    expect([status, body.error.details]).toEqual([
      400,
      [{ field: 'cursor', reason: 'must be a next_cursor returned for the same query' }],
    ])
  })

  it('rejects a cursor that is invalid or combined with an offset', async () => {
    for (const cursor of ['x', 'W10', 'bnVsbA', '%00', Buffer.from('[1,2,3,4]').toString('base64url')])
      expect((await api.get(`/analytics/{id}/sources?cursor=${cursor}`)).status).toBe(400)
    const { body } = await api.get(
      `/analytics/{id}/sources?limit=1&range=30d&offset=1&cursor=${await first('range=30d')}`,
    )
    expect(body.error.details).toEqual([{ field: 'offset', reason: 'cannot be combined with cursor' }])
  })
})

describe('ranked lists', () => {
  it('includes country names and a comparison with the previous period in ranked lists', async () => {
    const { body } = await api.get('/analytics/{id}/countries?compare=previous')
    expect(body.data.countries).toMatchObject([
      {
        country: 'CH',
        country_name: 'Switzerland',
        visitors: 10,
        previous: { visitors: 0, bounce_rate: null, avg_visit_duration: null },
        change: { visitors: null, bounce_rate: null, avg_visit_duration: null },
      },
      {
        country_code: 'DE',
        country_name: 'Germany',
        visitors: 9,
        previous: { visitors: 9 },
        change: { visitors: 0, bounce_rate: 0 },
      },
      { country_code: null, country_name: null, visitors: 8 },
    ])
  })

  it('groups a ranked list by the requested field', async () => {
    expect((await api.get('/analytics/{id}/sources?by=utm_campaign')).body.data.by).toBe('utm_campaign')
    expect((await api.get('/analytics/{id}/sources')).body.data.sources[0]).toMatchObject({
      name: 'google',
      source: 'google',
      visitors: 30,
    })
    expect(Object.keys((await api.get('/analytics/{id}/technology')).body.data)).toEqual([
      'date_range',
      'browsers',
      'operating_systems',
      'device_types',
      'pagination',
    ])
    expect(api.asked.map(({ rest }) => rest[0])).toEqual([
      'utm_campaign',
      'source',
      'browser',
      'os',
      'device_type',
    ])
  })

  it('group the values of event properties by key', async () => {
    expect((await api.get('/analytics/{id}/events/sign%2Fup?limit=5')).body.data).toEqual({
      date_range: expect.any(Object) as unknown,
      name: 'sign/up',
      properties: [
        {
          key: 'plan',
          values: [
            { value: 'pro', count: 3, visitors: 3 },
            { value: 'free', count: 1, visitors: 1 },
          ],
        },
        { key: 'trial', values: [{ value: 'true', count: 2, visitors: 2 }] },
      ],
    })
    expect(api.asked[0]!.rest).toEqual(['sign/up', 5])
  })
})

describe('CSV', () => {
  it('writes a CSV header row, quotes cells if needed, and neutralizes formulas', async () => {
    const { headers, text } = await api.get('/analytics/{id}/sources?format=csv')
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="listSources.csv"',
      vary: 'Accept',
    })
    expect(text.split('\r\n')).toEqual([
      'name,source,visitors,visits,page_views,bounce_rate,avg_visit_duration,engaged_rate,avg_engaged_time',
      'google,google,30,31,90,40,12.5,62.5,7.5',
      "'=cmd(),'=cmd(),29,30,87,40,12.5,62.5,7.5",
      '"Bücher, ""neu""","Bücher, ""neu""",28,29,84,40,12.5,62.5,7.5',
      '',
    ])
  })

  it('sends CSV only if the Accept header prefers it to JSON', async () => {
    const typeFor = async (accept: string, query = '') =>
      String((await api.get(`/analytics/{id}/countries${query}`, { accept })).headers['content-type']).split(
        ';',
      )[0]
    expect(await typeFor('text/csv')).toBe('text/csv')
    expect(await typeFor('text/csv;q=0.9, */*')).toBe('text/csv')
    expect(await typeFor('application/json, text/csv')).toBe('application/json')
    expect(await typeFor('*/*')).toBe('application/json')
    expect(await typeFor('text/csv', '?format=json')).toBe('application/json')
  })

  it('writes the previous period into additional CSV columns', async () => {
    const { text } = await api.get('/analytics/{id}/revenue?format=csv&compare=previous')
    expect(text).toBe(
      'currency,total,count,average,visitors,previous_total,previous_count,previous_average,previous_visitors,change_total,change_count,change_average,change_visitors\r\nCHF,120.5,3,40.17,2,120.5,3,40.17,2,0,0,0,0\r\n',
    )
  })

  it('sends the cursor of the next CSV page in a header', async () => {
    const { headers } = await api.get('/analytics/{id}/sources?format=csv&limit=2')
    const { text } = await api.get(
      `/analytics/{id}/sources?limit=2&cursor=${String(headers['x-next-cursor'])}`,
      { accept: 'text/csv' },
    )
    expect(text.split('\r\n')[1]).toMatch(/^"Bücher/)
  })

  it('writes a CSV header row even if there are no data rows', async () => {
    expect((await api.get('/analytics/{id}/pages?format=csv&offset=1')).text).toBe(
      'url,path,views,visitors,entries,exits,bounce_rate,avg_time,scroll_depth\r\n',
    )
  })
})

describe('an invalid parameter', () => {
  it('lists every invalid query parameter with its allowed values', async () => {
    const { status, body } = await api.get(
      '/analytics/{id}/pages?range=2h&limit=0&offset=1.5&compare=last&format=xml&path=&country=CH&country=DE&from=now&foo=1&property[]=x',
    )
    expect(status).toBe(400)
    expect(body.error.code).toBe('VALIDATION_ERROR')
    expect(Object.fromEntries(body.error.details.map(({ field, reason }) => [field, reason]))).toEqual({
      range: 'must be one of 24h, 7d, 30d, 90d, 1y',
      limit: 'must be a whole number from 1 to 1000',
      offset: 'must be a whole number from 0 to 100000',
      compare: 'must be previous',
      format: 'must be one of json, csv',
      path: 'must be a string of 1 to 2048 characters',
      country: 'must be given once',
      from: expect.stringMatching(/^must be a date such as/) as unknown,
      foo: expect.stringMatching(/^is unknown; allowed are range, timeRange, from/) as unknown,
      'property[]': expect.stringMatching(/^is unknown/) as unknown,
    })
  })

  it('reports a query parameter that the route does not know', async () => {
    expect((await api.get('/websites?limit=1')).body.error.details).toEqual([
      { field: 'limit', reason: 'is unknown; there are no parameters' },
    ])
    expect((await api.get('/analytics/{id}/visitors/v?format=csv')).status).toBe(400)
  })

  it('does not report invalid parameters to a request without access to the site', async () => {
    expect((await api.get('/analytics/{id}?range=2h', { 'x-api-key': 'zv_wrong' })).status).toBe(401)
    expect((await api.get('/analytics/ws_other?range=2h')).status).toBe(403)
  })
})

it('forbids caching of every response, and sets a request ID', async () => {
  for (const path of ['/websites', '/websites/ws_other', '/nothing', '/analytics/{id}?x=1']) {
    const { headers } = await api.get(path)
    expect(headers['cache-control'], path).toBe('no-store')
    expect(headers['x-request-id'], path).toBeTruthy()
  }
  expect((await api.get('/nothing')).body.error.code).toBe('NOT_FOUND')
})

describe('websites', () => {
  it('lists websites, and returns a website by ID', async () => {
    const { body } = await api.get('/websites')
    expect(body.data).toEqual([
      {
        id: api.site.id,
        domain: 'example.com',
        name: 'Example',
        tracking_code: api.site.trackingCode,
        time_zone: 'Europe/Zurich',
        created_at: expect.any(String) as unknown,
      },
    ])
    expect((await api.get('/websites/{id}')).body.data).toEqual(body.data[0])
    expect((await api.get('/websites/ws_other')).status).toBe(403)
  })
})
