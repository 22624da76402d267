import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventStore } from '../../../src/ingest/event-store.js'
import type { ReportScope, ReportStore } from '../../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../../src/stores/clickhouse/report-store.js'
import { makeRow } from '../../support/make-row.js'
import { startTestEngine, type TestEngine } from '../../support/start-test-engine.js'

const DAY = Date.parse('2026-05-10T00:00:00Z')
const DAY_MS = 86_400_000
const SCOPE: ReportScope = { siteId: '', period: { from: DAY, to: DAY + 2 * DAY_MS }, filters: [] }
const ALL = { limit: 1_000, offset: 0 }
const ORIGIN = 'https://shop.example'

let engine: TestEngine
let events: EventStore
let reports: ReportStore & { close(): Promise<void> }
beforeAll(async () => {
  engine = await startTestEngine()
  events = await createClickhouseEventStore(engine)
  reports = createClickhouseReportStore(engine)
})
afterAll(async () => {
  await events.close()
  await reports.close()
  await engine.close()
})

interface Failure {
  type?: string
  message?: string
  frames?: string[]
  fields?: Partial<Parameters<typeof makeRow>[0]>
}

/** Stores errors on a site of their own, an hour apart, and returns its scope. */
async function store(...failures: Failure[]): Promise<ReportScope> {
  const siteId = `ws_${randomUUID()}`
  const rows = failures.map(({ type = 'TypeError', message = 'm', frames = [], fields }, index) =>
    makeRow({
      site_id: siteId,
      event_type: 'error',
      origin: ORIGIN,
      occurred_at: DAY + index * 3_600_000,
      properties: JSON.stringify({
        type,
        message,
        ...Object.fromEntries(frames.map((frame, number) => [`frame_${number + 1}`, frame])),
      }),
      ...fields,
    }),
  )
  await events.insertEvents(rows, randomUUID())
  return { ...SCOPE, siteId }
}
const countGroups = async (...failures: Failure[]) =>
  (await reports.errorGroups(await store(...failures), ALL)).length

const PAY = `pay@${ORIGIN}/assets/app.js:10:5`

describe('errors with frames', () => {
  it.each([
    [
      'two builds',
      'pay',
      [`${ORIGIN}/assets/index-BkX3_aZ9.js:10:5`, `${ORIGIN}/assets/index-D2kPq8Lm.js:44:9`],
    ],
    [
      'two hexadecimal hashes',
      'pay',
      [`${ORIGIN}/main.3f2a9c1d.js:1:5`, `${ORIGIN}/main.99aa00bbccdd.js:7:5`],
    ],
    ['two versions', 'pay', [`${ORIGIN}/app.js?v=1:1:5`, `${ORIGIN}/app.js?v=2:1:5`]],
    ['minified names', '', [`${ORIGIN}/app.js:1:5`, `${ORIGIN}/app.js:1:7`]],
    ['two hosts of the page', 'pay', [`${ORIGIN}/app.js:1:5`, `https://cdn.example/app.js:1:5`]],
  ])('are one group in %s', async (_, name, files) => {
    expect(await countGroups(...files.map((file) => ({ frames: [`${name}@${file}`] })))).toBe(1)
  })

  it.each([
    ['function', [PAY, PAY.replace('pay', 'refund')]],
    ['file', [PAY, PAY.replace('app.js', 'admin.js')]],
    ['file of words', [`pay@${ORIGIN}/vendor-components.js:1:1`, `pay@${ORIGIN}/vendor-templates.js:1:1`]],
  ])('are two groups if they differ in the %s', async (_, frames) => {
    expect(await countGroups(...frames.map((frame) => ({ frames: [frame] })))).toBe(2)
  })

  it('are grouped by the first frame of the page, below those of other hosts', async () => {
    const library = (line: number) => `run@https://cdn.example/library.js:${line}:1`
    expect(await countGroups({ frames: [library(1), PAY] }, { frames: [library(2), library(3), PAY] })).toBe(
      1,
    )
  })

  it('ignore names and columns of minified code', async () => {
    const at = (name: string, column: number) => `${name}@${ORIGIN}/app.js:1:${column}`
    expect(
      await countGroups({ frames: [at('a', 5)] }, { frames: [at('Xe', 9)] }, { frames: [at('refund', 999)] }),
    ).toBe(1)
  })

  it('keep the fingerprint of errors without frames', async () => {
    const scope = await store(
      { message: 'x of 7' },
      { message: 'x of 9' },
      { message: 'x of 8', frames: [PAY] },
    )
    const groups = await reports.errorGroups(scope, ALL)
    expect(groups.map(({ occurrences }) => occurrences)).toEqual([1, 2])
    // MD5 of the type, a line feed and the message with `*` for the number.
    expect(groups[1]!.fingerprint).toBe('6964284bf804ec04')
  })
})

const WORDINGS: [name: string, type: string, ...messages: string[]][] = [
  [
    'property of undefined',
    'TypeError',
    "Cannot read properties of undefined (reading 'total')",
    'can\'t access property "total", cart is undefined',
    "undefined is not an object (evaluating 'cart.total')",
  ],
  [
    'property of null',
    'TypeError',
    "Cannot read properties of null (reading 'a')",
    "null is not an object (evaluating 'b.a')",
    'b is null',
  ],
  [
    'not a function',
    'TypeError',
    'cart.pay is not a function',
    "cart.pay is not a function. (In 'cart.pay()', 'cart.pay' is undefined)",
  ],
  ['not defined', 'ReferenceError', 'checkout is not defined', "Can't find variable: checkout"],
  [
    'JSON',
    'SyntaxError',
    `Unexpected token '<', "<!DOCTYPE "... is not valid JSON`,
    'JSON.parse: unexpected character at line 1 column 1 of the JSON data',
    'JSON Parse error: Unrecognized token',
  ],
  [
    'request',
    'TypeError',
    'Failed to fetch',
    'NetworkError when attempting to fetch resource.',
    'Load failed',
  ],
  [
    'constant',
    'TypeError',
    'Assignment to constant variable.',
    "invalid assignment to const 'total'",
    'Attempted to assign to readonly property.',
  ],
  [
    'array length',
    'RangeError',
    'Invalid array length',
    'invalid array length',
    'Array size is not a small enough positive integer.',
  ],
  ['URI', 'URIError', 'URI malformed', 'malformed URI sequence', 'URI error'],
  [
    'before initialization',
    'ReferenceError',
    "Cannot access 'total' before initialization",
    "can't access lexical declaration 'total' before initialization",
    'Cannot access uninitialized variable.',
  ],
  ['not iterable', 'TypeError', 'cart is not iterable', "undefined is not a function (near '...cart...')"],
  [
    'class',
    'TypeError',
    "Class constructor Cart cannot be invoked without 'new'",
    "class constructors must be invoked with 'new'",
    'Cannot call a class constructor Cart without |new|',
  ],
]

describe('the wordings of browsers', () => {
  it.each(WORDINGS)('are one group: %s', async (_, type, ...messages) => {
    expect(await countGroups(...messages.map((message) => ({ type, message, frames: [PAY] })))).toBe(1)
  })

  it('are one group although the type differs: too much recursion', async () => {
    const [chromium, firefox] = [
      { type: 'RangeError', message: 'Maximum call stack size exceeded' },
      { type: 'InternalError', message: 'too much recursion' },
    ]
    expect(await countGroups({ ...chromium, frames: [PAY] }, { ...firefox, frames: [PAY] })).toBe(1)
  })

  it('of different errors are different groups', async () => {
    const failures = WORDINGS.map(([, type, message]) => ({ type, message: message!, frames: [PAY] }))
    expect(await countGroups(...failures)).toBe(WORDINGS.length)
    expect(
      await countGroups(
        { message: 'cart.pay is not a function', frames: [PAY] },
        { message: 'cart.add is not a function', frames: [PAY] },
      ),
    ).toBe(2)
  })

  it('ignore the URLs in a message', async () => {
    const load = (url: string) => ({ message: `Cannot load ${url} (twice)`, frames: [PAY] })
    expect(await countGroups(load('https://a.example/x?y=1'), load('wss://b.example/z'))).toBe(1)
  })
})

describe('the details of a group', () => {
  it('are its newest errors, and its counts by day, page and browser', async () => {
    const scope = await store(
      ...Array.from({ length: 25 }, (_, index) => ({
        frames: [PAY, `render@${ORIGIN}/assets/app.js:8:1`],
        fields: { path: index % 5 ? '/cart' : '/checkout', browser: index % 2 ? 'Firefox' : 'Chrome' },
      })),
      { message: 'another' },
    )
    const [, group] = await reports.errorGroups(scope, ALL)
    const details = await reports.errorGroupDetails(scope, {
      fingerprint: group!.fingerprint,
      timeZone: 'Europe/Zurich',
    })
    expect(details).toMatchObject({
      group: { occurrences: 25, type: 'TypeError' },
      // 22 hours of 10 May in Zurich, and the rest.
      days: [
        { name: '2026-05-10', count: 22 },
        { name: '2026-05-11', count: 3 },
      ],
      pages: [
        { name: `${ORIGIN}/cart`, count: 20 },
        { name: `${ORIGIN}/checkout`, count: 5 },
      ],
      browsers: [
        { name: 'Chrome', count: 13 },
        { name: 'Firefox', count: 12 },
      ],
    })
    expect(details!.newest).toHaveLength(20)
    expect(details!.newest[0]).toMatchObject({
      occurredAt: DAY + 24 * 3_600_000,
      url: `${ORIGIN}/cart`,
      frames: [PAY, `render@${ORIGIN}/assets/app.js:8:1`],
      handled: false,
      line: 0,
    })
  })

  it('are undefined without an error in the period', async () => {
    const scope = await store({})
    const fingerprint = (await reports.errorGroups(scope, ALL))[0]!.fingerprint
    const period = { from: DAY + DAY_MS, to: DAY + 2 * DAY_MS }
    expect(
      await reports.errorGroupDetails({ ...scope, period }, { fingerprint, timeZone: 'UTC' }),
    ).toBeUndefined()
  })
})
