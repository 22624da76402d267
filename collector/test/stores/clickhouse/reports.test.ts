import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { EventStore } from '../../../src/ingest/event-store.js'
import {
  type ReportFilter,
  type ReportScope,
  type ReportStore,
  VISIT_FIELDS,
} from '../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const at = (time: string) => Date.parse(`2026-05-${time}Z`)
// 10 and 11 May.
const SCOPE: ReportScope = {
  siteId: 'ws_shop',
  period: { from: at('10T00:00'), to: at('12T00:00') },
  filters: [],
}
const ALL = { limit: 100, offset: 0 }
/** The metrics of engagement of visits without captured engagement. */
const UNMEASURED = { engagedRate: null, averageEngagedTime: null }

/** Rows of one visit; place, device and origin of the first event apply to all. */
const visit = (
  visitor_id: string,
  session_id: string,
  fields: Partial<EventRow>,
  ...events: ({ time: string } & Partial<EventRow>)[]
) =>
  events.map(({ time, ...event }) =>
    makeRow({ site_id: 'ws_shop', visitor_id, session_id, ...fields, occurred_at: at(time), ...event }),
  )
const failure = (time: string, type: string, message: string) => ({
  time,
  event_type: 'error',
  properties: JSON.stringify({ type, message }),
})

const GOOGLE = {
  country: 'DE',
  device_type: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  source: 'Google',
  channel: 'organic search',
  referrer: 'https://www.google.com/',
}
const DIRECT = { country: 'FR', device_type: 'mobile', browser: 'Safari', os: 'iOS', channel: 'direct' }
const EMAIL = {
  ...GOOGLE,
  country: 'AT',
  referrer: '',
  source: 'newsletter',
  channel: 'email',
  utm_source: 'newsletter',
  utm_medium: 'mail',
  utm_campaign: 'spring',
  utm_term: 'shoes',
  utm_content: 'top',
}

const ROWS = [
  ...visit(
    'ann',
    'session-ann-1',
    GOOGLE,
    { time: '10T10:00:00' },
    // Later events of the visit have no referrer.
    {
      time: '10T10:00:30',
      path: '/pricing',
      source: '',
      channel: 'direct',
      referrer: 'https://example.com/',
    },
    failure('10T10:00:40', 'TypeError', `Cannot read 'size' of item 12`),
    {
      time: '10T10:01:00',
      path: '/pricing',
      event_type: 'custom',
      event_name: 'signup',
      properties: '{"plan":"pro","seats":3,"trial":true}',
    },
  ),
  ...visit(
    'ann',
    'session-ann-2',
    EMAIL,
    { time: '11T23:59:30', path: '/pricing' },
    { time: '12T00:00:30' },
    { time: '12T00:00:40', event_type: 'goal', event_name: 'order', properties: '{"plan":"team"}' },
    { time: '12T00:00:40', event_type: 'revenue', properties: '{"amount":39.5,"currency":"EUR"}' },
  ),
  // Errors and engagement events do not turn a bounce into a longer visit.
  ...visit(
    'bob',
    'session-bob',
    DIRECT,
    { time: '10T12:00:00' },
    failure('10T12:00:05', 'TypeError', `Cannot read 'name' of item 7`),
    { time: '10T12:00:20', event_type: 'engagement' },
  ),
  // Began before the period.
  ...visit(
    'cid',
    'session-cid',
    DIRECT,
    { time: '09T23:59:00', path: '/early' },
    { time: '10T00:05:00', path: '/early' },
    { time: '10T00:05:10', event_type: 'custom', event_name: 'signup', properties: '{"plan":"pro"}' },
    { time: '10T00:05:20', event_type: 'revenue', properties: '{"amount":1000,"currency":"EUR"}' },
    {
      time: '10T00:05:30',
      event_type: 'error',
      event_name: 'NetworkError',
      properties: '{"message":"No answer after 3000 ms"}',
    },
  ),
  // Sent by a server.
  ...visit(
    'dan',
    'session-dan',
    {},
    { time: '10T15:00:00', origin: '', path: '', event_type: 'revenue', properties: '{"amount":10}' },
    {
      time: '10T15:00:00',
      origin: '',
      path: '',
      event_type: 'revenue',
      properties: '{"amount":0.1,"currency":"usd"}',
    },
    {
      time: '10T15:00:00',
      origin: '',
      path: '',
      event_type: 'revenue',
      properties: '{"amount":"much","currency":"USD"}',
    },
  ),
  // The first moment after the period.
  ...visit('eve', 'session-eve', DIRECT, { time: '12T00:00:00.000', path: '/eve' }),
  // More than a day after the period.
  ...visit('fay', 'session-fay', DIRECT, { time: '11T08:00:00' }, { time: '13T01:00:00', path: '/late' }),
  ...visit(
    'gus',
    'session-ann-1',
    { ...GOOGLE, site_id: 'ws_other' },
    { time: '10T09:00:00', path: '/other' },
    { time: '10T10:00:10' },
    failure('10T10:00:40', 'TypeError', 'elsewhere'),
  ),
]

let engine: TestEngine
let events: EventStore
let reports: ReportStore & { close(): Promise<void> }

beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore({ engine })
  reports = createClickhouseReportStore({ engine })
  // In many inserts and in reverse order: the events of a visit lie in parts of any order.
  for (const row of [...ROWS].reverse()) await events.insertEvents([row], randomUUID())
})
afterAll(async () => {
  await reports.close()
  await events.close()
  await engine.close()
})

const where = (...filters: ReportFilter[]): ReportScope => ({ ...SCOPE, filters })
const field = (name: (typeof VISIT_FIELDS)[number], value: string): ReportFilter => ({
  by: 'field',
  field: name,
  value,
})
const visitorsOf = async (scope: ReportScope) =>
  (await reports.visitors(scope, ALL)).map(({ id, visits }) => `${id} ${visits}`).sort()

describe('summary and timeline', () => {
  it('counts whole visits that began in the period', async () => {
    expect(await reports.summary(SCOPE)).toEqual({
      visitors: 4,
      visits: 5,
      pageviews: 6,
      bounceRate: 50,
      averageDuration: 37.5,
      ...UNMEASURED,
    })
  })

  it('returns a timeline with the same sums as the summary', async () => {
    const starts = ['10T00:00', '10T10:00', '10T10:00:00.001', '11T00:00'].map(at)
    expect(await reports.timeline(SCOPE, starts)).toEqual([
      { visitors: 0, visits: 0, pageviews: 0, bounceRate: null, averageDuration: null, ...UNMEASURED },
      { visitors: 1, visits: 1, pageviews: 2, bounceRate: 0, averageDuration: 60, ...UNMEASURED },
      { visitors: 2, visits: 2, pageviews: 1, bounceRate: 100, averageDuration: 20, ...UNMEASURED },
      { visitors: 2, visits: 2, pageviews: 3, bounceRate: 50, averageDuration: 35, ...UNMEASURED },
    ])
  })
})

it('ignores events that are not interactive for bounces, but not for the duration', async () => {
  const found = []
  for (const event_type of ['custom', 'goal', 'revenue', 'identify'])
    for (const interactive of [false, true]) {
      const siteId = `ws_${event_type}_${interactive}`
      const page = { time: '10T10:00:00' }
      const action = { time: '10T10:00:08', event_type, interactive }
      await events.insertEvents(visit('hal', 'session-hal', { site_id: siteId }, page, action), randomUUID())
      const { bounceRate, averageDuration } = await reports.summary({ ...SCOPE, siteId })
      found.push([event_type, interactive, bounceRate, averageDuration])
    }
  expect(found).toEqual([
    ['custom', false, 100, 8],
    ['custom', true, 0, 8],
    ['goal', false, 100, 8],
    ['goal', true, 0, 8],
    ['revenue', false, 100, 8],
    ['revenue', true, 0, 8],
    ['identify', false, 100, 8],
    ['identify', true, 0, 8],
  ])
})

it('counts a visit with a second pageview as no bounce, even if the pageview is not interactive', async () => {
  await events.insertEvents(
    visit(
      'hal',
      'session-hal',
      { site_id: 'ws_pageviews', interactive: false },
      { time: '10T10:00:00' },
      { time: '10T10:00:08', path: '/next' },
    ),
    randomUUID(),
  )
  expect(await reports.summary({ ...SCOPE, siteId: 'ws_pageviews' })).toMatchObject({ bounceRate: 0 })
})

it('ranks pages by views, with entries, exits, bounce rate and time until the next page', async () => {
  const pages = [
    {
      url: 'https://example.com/',
      path: '/',
      views: 4,
      visitors: 3,
      entries: 3,
      exits: 3,
      bounceRate: 66.7,
      averageTime: 30,
      scrollDepth: null,
    },
    {
      url: 'https://example.com/pricing',
      path: '/pricing',
      views: 2,
      visitors: 1,
      entries: 1,
      exits: 1,
      bounceRate: 0,
      averageTime: 60,
      scrollDepth: null,
    },
  ]
  expect(await reports.pages(SCOPE, ALL)).toEqual(pages)
  expect(await reports.pages(SCOPE, { limit: 1, offset: 1 })).toEqual(pages.slice(1))
})

it('ranks values of the first event in each visit by visitors, visits and name', async () => {
  const countries = await reports.ranking(SCOPE, 'country', ALL)
  expect(countries.map(({ name, visitors, visits }) => [name, visitors, visits])).toEqual([
    ['FR', 2, 2],
    ['', 1, 1],
    ['AT', 1, 1],
    ['DE', 1, 1],
  ])
  expect(countries[0]).toEqual({
    name: 'FR',
    visitors: 2,
    visits: 2,
    pageviews: 2,
    bounceRate: 100,
    averageDuration: 10,
    ...UNMEASURED,
  })
  expect((await reports.ranking(SCOPE, 'country', { limit: 2, offset: 1 })).map(({ name }) => name)).toEqual([
    '',
    'AT',
  ])
  expect((await reports.ranking(SCOPE, 'channel', ALL)).map(({ name }) => name)).toEqual([
    'direct',
    '',
    'email',
    'organic search',
  ])
})

describe('visitors', () => {
  const ann = {
    id: 'ann',
    country: 'AT',
    deviceType: 'desktop',
    browser: 'Firefox',
    os: 'Linux',
    source: 'newsletter',
    channel: 'email',
    referrer: '',
    landingPage: 'https://example.com/pricing',
    visitedAt: at('11T23:59:30'),
    lastSeen: at('12T00:00:40'),
    visits: 2,
    pageviews: 4,
    valueScore: 52,
    valueParts: { pages: 8, engagement: 4, returns: 5, source: 10, goals: 10, revenue: 15 },
  }
  const dan = {
    id: 'dan',
    country: '',
    deviceType: '',
    browser: '',
    os: '',
    source: '',
    channel: '',
    referrer: '',
    landingPage: '',
    visitedAt: at('10T15:00'),
    lastSeen: at('10T15:00'),
    visits: 1,
    pageviews: 0,
    valueScore: 15,
    valueParts: { pages: 0, engagement: 0, returns: 0, source: 0, goals: 0, revenue: 15 },
  }

  it('lists visitors newest first, with the parts of their score', async () => {
    const rows = await reports.visitors(SCOPE, ALL)
    expect(rows.map(({ id }) => id)).toEqual(['ann', 'fay', 'dan', 'bob'])
    expect(rows[0]).toEqual(ann)
    expect(rows[2]).toEqual(dan)
  })

  it('paginates visitors by cursor and by offset', async () => {
    const ids = async (slice: Parameters<ReportStore['visitors']>[1]) =>
      (await reports.visitors(SCOPE, slice)).map(({ id }) => id)
    expect(await ids({ limit: 2, offset: 1 })).toEqual(['fay', 'dan'])
    expect(await ids({ limit: 2, offset: 0, after: ann })).toEqual(['fay', 'dan'])
    expect(await ids({ limit: 2, offset: 1, after: ann })).toEqual(['dan', 'bob'])
    // At equal times, the id later in the alphabet comes first.
    expect(await ids({ limit: 9, offset: 0, after: { visitedAt: dan.visitedAt, id: 'dao' } })).toEqual([
      'dan',
      'bob',
    ])
    expect(await ids({ limit: 9, offset: 0, after: { visitedAt: dan.visitedAt, id: 'dan' } })).toEqual([
      'bob',
    ])
  })

  it('finds a visitor by ID if the visitor has a visit in the scope', async () => {
    expect(await reports.visitor(SCOPE, 'ann')).toEqual(ann)
    expect(await reports.visitor(where(field('country', 'DE')), 'ann')).toMatchObject({
      visits: 1,
      pageviews: 2,
      visitedAt: at('10T10:00'),
      lastSeen: at('10T10:01'),
    })
    expect(await reports.visitor(SCOPE, 'cid')).toBeUndefined()
    expect(await reports.visitor(SCOPE, 'gus')).toBeUndefined()
  })
})

describe('filters', () => {
  it.each<[ReportFilter[], string[]]>([
    [[field('country', 'FR')], ['bob 1', 'fay 1']],
    [[field('country', 'fr')], []],
    [[field('device_type', 'desktop')], ['ann 2']],
    [[field('browser', 'Safari')], ['bob 1', 'fay 1']],
    [[field('os', 'Linux')], ['ann 2']],
    // Only the first event counts: a later one of this visit was direct.
    [[field('source', 'Google')], ['ann 1']],
    [[field('channel', 'direct')], ['bob 1', 'fay 1']],
    [[field('utm_source', 'newsletter')], ['ann 1']],
    [[field('utm_medium', 'mail')], ['ann 1']],
    [[field('utm_campaign', 'spring')], ['ann 1']],
    [[field('utm_term', 'shoes')], ['ann 1']],
    [[field('utm_content', 'top')], ['ann 1']],
    [[field('utm_content', '')], ['ann 1', 'bob 1', 'dan 1', 'fay 1']],
    [[{ by: 'path', value: '/pricing' }], ['ann 2']],
    // Values that occur only in visits before the period, after it, of another site, too late, or without a
    // pageview.
    ...['/early', '/late', '/other', '/eve', ''].map((value): [ReportFilter[], string[]] => [
      [{ by: 'path', value }],
      [],
    ]),
    [[{ by: 'event', value: 'signup' }], ['ann 1']],
    [[{ by: 'event', value: 'order' }], ['ann 1']],
    [[{ by: 'event', value: '' }], []],
    [[{ by: 'property', key: 'plan', value: 'pro' }], ['ann 1']],
    [[{ by: 'property', key: 'plan', value: '"pro"' }], []],
    [[{ by: 'property', key: 'seats', value: '3' }], ['ann 1']],
    [[{ by: 'property', key: 'trial', value: 'true' }], ['ann 1']],
    [[{ by: 'property', key: 'nothing', value: '' }], []],
    [[{ by: 'property', key: 'amount', value: '10' }], []],
    [
      [{ by: 'path', value: '/' }, field('country', 'FR')],
      ['bob 1', 'fay 1'],
    ],
    [
      [
        { by: 'path', value: '/' },
        { by: 'path', value: '/pricing' },
        { by: 'property', key: 'plan', value: 'team' },
      ],
      ['ann 1'],
    ],
    [
      [
        { by: 'event', value: 'signup' },
        { by: 'event', value: 'order' },
      ],
      [],
    ],
  ])('selects whole visits with the filters %j', async (filters, expected) => {
    const scope = where(...filters)
    expect(await visitorsOf(scope)).toEqual(expected)
    expect((await reports.summary(scope)).visitors).toBe(expected.length)
  })

  it('applies filters to every query', async () => {
    const scope = where(field('country', 'AT'))
    expect(await reports.timeline(scope, [at('10T00:00'), at('11T00:00')])).toMatchObject([
      { visits: 0 },
      { visits: 1 },
    ])
    expect((await reports.pages(scope, ALL)).map(({ path, views }) => [path, views])).toEqual([
      ['/', 1],
      ['/pricing', 1],
    ])
    expect((await reports.ranking(scope, 'os', ALL)).map(({ name, visits }) => [name, visits])).toEqual([
      ['Linux', 1],
    ])
    expect(await reports.eventNames(scope, ALL)).toEqual([{ name: 'order', count: 1, visitors: 1 }])
    expect(await reports.eventProperties(scope, 'signup', 10)).toEqual([])
    expect((await reports.revenue(scope)).map(({ currency }) => currency)).toEqual(['EUR'])
  })
})

it('counts custom events and goals by name, and the values of their properties', async () => {
  const names = [
    { name: 'order', count: 1, visitors: 1 },
    { name: 'signup', count: 1, visitors: 1 },
  ]
  expect(await reports.eventNames(SCOPE, ALL)).toEqual(names)
  expect(await reports.eventNames(SCOPE, { limit: 1, offset: 1 })).toEqual(names.slice(1))
  expect(await reports.eventProperties(SCOPE, 'signup', 10)).toEqual([
    { key: 'plan', value: 'pro', count: 1, visitors: 1 },
    { key: 'seats', value: '3', count: 1, visitors: 1 },
    { key: 'trial', value: 'true', count: 1, visitors: 1 },
  ])
})

it('sums revenue by currency, and ignores amounts that are not numbers', async () => {
  expect(await reports.revenue(SCOPE)).toEqual([
    { currency: 'USD', total: 10.1, count: 2, average: 5.05, visitors: 1 },
    { currency: 'EUR', total: 39.5, count: 1, average: 39.5, visitors: 1 },
  ])
})

describe('amounts of revenue', () => {
  const insertRevenue = (siteId: string, amounts: readonly (readonly [amount: string, currency: string])[]) =>
    events.insertEvents(
      amounts.map(([amount, currency], index) =>
        makeRow({
          site_id: siteId,
          visitor_id: `visitor-${index}`,
          session_id: `session-${index}`,
          occurred_at: at('10T10:00'),
          event_type: 'revenue',
          properties: `{"amount":${amount},"currency":"${currency}"}`,
        }),
      ),
      randomUUID(),
    )

  it('score only if they are numbers above 0', async () => {
    const siteId = 'ws_scores'
    await insertRevenue(
      siteId,
      ['5', '0.01', '0', '-5', '"abc"', 'null', '1e300'].map((amount) => [amount, 'EUR']),
    )
    const rows = await reports.visitors({ ...SCOPE, siteId }, ALL)
    expect(
      rows
        .filter(({ valueParts }) => valueParts.revenue > 0)
        .map(({ id, valueParts }) => [id, valueParts.revenue])
        .sort(),
    ).toEqual([
      ['visitor-0', 15],
      ['visitor-1', 15],
    ])
    expect(rows).toHaveLength(7)
  })

  it('are added exactly, and rounded to the digits of their currency', async () => {
    const siteId = 'ws_digits'
    await insertRevenue(siteId, [
      ...Array<readonly [string, string]>(10).fill(['0.1', 'EUR']),
      ['1.005', 'JPY'],
      ['2', 'JPY'],
      ['1.0005', 'KWD'],
      ['1.005', 'CHF'],
      ['-1.005', 'CAD'],
      ['1e3', 'USD'],
      ['999999999999999', 'USD'],
    ])
    const rows = await reports.revenue({ ...SCOPE, siteId })
    expect(rows.map(({ currency, total, average }) => [currency, total, average])).toEqual([
      ['EUR', 1, 0.1],
      ['JPY', 3, 2],
      ['USD', 1000000000000999, 500000000000499.5],
      ['CAD', -1.01, -1.01],
      ['CHF', 1.01, 1.01],
      ['KWD', 1.001, 1.001],
    ])
  })
})

describe('error groups', () => {
  const readOf = {
    type: 'TypeError',
    message: `Cannot read 'name' of item 7`,
    occurrences: 2,
    users: 2,
    firstSeen: at('10T10:00:40'),
    lastSeen: at('10T12:00:05'),
  }
  const network = {
    type: 'NetworkError',
    message: 'No answer after 3000 ms',
    occurrences: 1,
    users: 1,
    firstSeen: at('10T00:05:30'),
    lastSeen: at('10T00:05:30'),
  }

  it('groups error messages that differ only in variable parts, and lists the groups newest first', async () => {
    const groups = await reports.errorGroups(SCOPE, ALL)
    expect(groups).toMatchObject([readOf, network])
    for (const { fingerprint } of groups) expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
    expect(await reports.errorGroups(SCOPE, { limit: 1, offset: 1 })).toEqual(groups.slice(1))
    expect(await reports.errorGroup('ws_shop', groups[0]!.fingerprint)).toEqual(groups[0])
    expect(await reports.errorGroup('ws_other', groups[0]!.fingerprint)).toBeUndefined()
  })

  it('filters error groups by the visits in which their errors occurred', async () => {
    expect(await reports.errorGroups(where(field('country', 'DE')), ALL)).toMatchObject([
      { occurrences: 1, message: `Cannot read 'size' of item 12` },
    ])
    expect(await reports.errorGroups(where({ by: 'path', value: '/early' }), ALL)).toMatchObject([network])
  })

  it.each([
    [`Can't read "a b" of 1.5`, `Can't read "c" of 27.25`, true],
    [`can't load 'a'`, `can't load 'b'`, true],
    [`can't load a`, `can't load b`, false],
    ['no \u0060x\u0060', 'no \u0060y\u0060', true],
    [
      'order 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is lost',
      'order a1b2c3d4-0000-4000-8000-feedfacecafe is lost',
      true,
    ],
    ['at 0x1f', 'at 0xffff', true],
    ['hash deadbeef01', 'hash 0123456789abcdef', true],
    ['item 1\nof 2', 'item 3\nof 4', true],
    ['no route', 'No route', false],
    ['', '1', false],
  ])('groups the error messages %j and %j as expected', async (first, second, isOne) => {
    const site_id = `ws_${randomUUID()}`
    const properties = [first, second].map((message) => JSON.stringify({ message }))
    await events.insertEvents(
      properties.map((json) =>
        makeRow({ site_id, occurred_at: at('10T10:00'), event_type: 'error', properties: json }),
      ),
      randomUUID(),
    )
    expect(await reports.errorGroups({ ...SCOPE, siteId: site_id }, ALL)).toHaveLength(isOne ? 1 : 2)
  })
})

it('returns zeros, unknown rates and empty lists for a site without events', async () => {
  const scope = { ...SCOPE, siteId: 'ws_empty' }
  const zeros = {
    visitors: 0,
    visits: 0,
    pageviews: 0,
    bounceRate: null,
    averageDuration: null,
    ...UNMEASURED,
  }
  expect(await reports.summary(scope)).toEqual(zeros)
  expect(await reports.timeline(scope, [scope.period.from])).toEqual([zeros])
  const lists = [
    reports.pages(scope, ALL),
    reports.ranking(scope, 'os', ALL),
    reports.visitors(scope, ALL),
    reports.eventNames(scope, ALL),
    reports.eventProperties(scope, 'signup', 10),
    reports.revenue(scope),
    reports.errorGroups(scope, ALL),
  ]
  for (const list of lists) expect(await list).toEqual([])
})

describe('hostile values', () => {
  const TEXTS = [
    `' OR 1=1 --`,
    `') OR ('1'='1`,
    `"; DROP TABLE events; --`,
    '\\',
    `\\'`,
    `\\') UNION ALL SELECT 1 --`,
    '{siteId: String}',
    '%',
    '_',
    '%27',
    '\0',
    'a\0b',
    '\n',
    '\t',
    '\r\n',
    '\\N',
    'NULL',
    '/* x */',
    '${1}',
    '$(id)',
    '\u0060id\u0060',
    '😀',
    '\u202e',
    'é',
    '\ufeff',
    '['.repeat(50),
    "'".repeat(2000),
    '&a=b',
    '--boundary',
    '*',
  ]

  it.each(TEXTS)('treats %j as a plain value', async (text) => {
    // Each text is tried with a third of the filters, and each filter with several texts: the queries take most
    // of the time of this file.
    const turn = TEXTS.indexOf(text)
    const filters = [
      field(VISIT_FIELDS[turn % VISIT_FIELDS.length]!, text),
      field(VISIT_FIELDS[(turn + 5) % VISIT_FIELDS.length]!, text),
      { by: 'path', value: text },
      { by: 'event', value: text },
      { by: 'property', key: text, value: text },
      { by: 'property', key: 'plan', value: text },
      { by: 'property', key: text, value: 'pro' },
    ].filter((_, index) => (index + turn) % 3 === 0) as ReportFilter[]
    for (const filter of filters) expect(await reports.summary(where(filter))).toMatchObject({ visits: 0 })
    expect(await reports.errorGroups(where(...filters), ALL)).toEqual([])
    expect(await reports.visitor(SCOPE, text)).toBeUndefined()
    expect(await reports.eventProperties(SCOPE, text, 10)).toEqual([])
    expect(await reports.errorGroup('ws_shop', text)).toBeUndefined()
    expect(await reports.errorGroup(text, text)).toBeUndefined()
    expect(await reports.summary({ ...SCOPE, siteId: text })).toMatchObject({ visits: 0 })
    expect(
      await reports.visitors(SCOPE, { ...ALL, after: { visitedAt: at('11T08:00'), id: text } }),
    ).toHaveLength(text < 'fay' ? 2 : 3)
  })

  it('finds hostile values exactly as they were stored', async () => {
    const siteId = 'ws_hostile'
    const rows = TEXTS.flatMap((text, index) => {
      const fields = {
        site_id: siteId,
        occurred_at: at('10T10:00') + index,
        session_id: `session-${index}`,
        visitor_id: text,
        country: text,
        utm_term: text,
        path: text,
      }
      return [
        makeRow(fields),
        makeRow({
          ...fields,
          event_type: 'custom',
          event_name: text,
          properties: JSON.stringify({ [text]: text }),
        }),
        makeRow({
          ...fields,
          event_type: 'error',
          properties: JSON.stringify({ message: text, type: text }),
        }),
      ]
    })
    await events.insertEvents(rows, randomUUID())
    const scope = { ...SCOPE, siteId }
    for (const text of TEXTS) {
      const filters: ReportFilter[] = [
        field('country', text),
        field('utm_term', text),
        { by: 'path', value: text },
        { by: 'event', value: text },
        { by: 'property', key: text, value: text },
      ]
      expect([text, (await reports.visitors({ ...scope, filters }, ALL)).map(({ id }) => id)]).toEqual([
        text,
        [text],
      ])
      expect(await reports.visitor(scope, text)).toMatchObject({ id: text, pageviews: 1 })
      expect(await reports.eventProperties(scope, text, 10)).toEqual([
        { key: text, value: text, count: 1, visitors: 1 },
      ])
    }
    expect((await reports.errorGroups(scope, ALL)).map(({ type }) => type).sort()).toEqual([...TEXTS].sort())
    expect((await reports.ranking(scope, 'country', ALL)).map(({ name }) => name).sort()).toEqual(
      [...TEXTS].sort(),
    )
  })

  it('returns every report for hostile values without an error', async () => {
    const siteId = 'ws_amounts'
    const amounts = ['1e308', '1e308', '-5', '0', 'true', 'null', '"5"', '[5]', '{"a":5}']
    const rows = amounts.map((amount) =>
      makeRow({
        site_id: siteId,
        occurred_at: at('10T10:00'),
        event_type: 'revenue',
        properties: `{"amount":${amount},"currency":"EUR'; --"}`,
      }),
    )
    await events.insertEvents(
      [
        ...rows,
        makeRow({
          site_id: siteId,
          occurred_at: at('10T10:00'),
          event_type: 'revenue',
          properties: 'no JSON',
        }),
      ],
      randomUUID(),
    )
    expect(await reports.revenue({ ...SCOPE, siteId })).toEqual([
      { currency: '', total: -5, count: 2, average: -2.5, visitors: 1 },
    ])
  })
})

it('reports an oversized query and an unreachable store as unavailable', async () => {
  const away = createClickhouseReportStore({ url: 'http://nobody:secret@127.0.0.1:9/default' })
  await expect(away.summary(SCOPE)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await away.close()
})
