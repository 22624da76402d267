import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCsv, writeCells } from './csv-cells.js'
import { createRollups } from '../../src/stores/clickhouse/rollups/roll-up.js'
import { createAnswerCheck, type AnswerCheck } from './check-answers.js'
import { createRandom } from './create-random.js'
import { DAY_MS, TIME_ZONES } from './golden-month.js'
import { listFilters, listPeriods, writeQuery, type Question } from './golden-questions.js'
import { generateVisits } from './generate-visits.js'
import { groupBy } from './true-sums.js'
import { startGoldenCollector, type GoldenCollector } from './start-golden-collector.js'
import {
  LIST_REPORTS,
  SOURCE_REPORTS,
  VISITORS,
  PAGES,
  describeVisitor,
  isPaged,
  type ListReport,
  type Row,
} from './true-answers.js'
import { listTrueVisitors } from './true-visitors.js'

// The tests run in this order: the last block rolls up the past days, and all of them share `random`.

// A month of days for each site.
const DAYS_SETTLED = 100
const SEED = 20_241_031
const visits = generateVisits(SEED)
const random = createRandom(SEED)

let golden: GoldenCollector
let check: AnswerCheck

beforeAll(async () => {
  golden = await startGoldenCollector(visits, SEED)
  check = createAnswerCheck(golden, visits)
})
afterAll(() => golden.close())

const ask = (timeZone: string, range: string, filters: Question['filters'] = []): Question => ({
  timeZone,
  asked: listPeriods(timeZone).find(({ name }) => name === range)!,
  filters,
})

it('stores every event once, even if it was sent repeatedly or late', async () => {
  const sent = golden.posts.flatMap(({ events }) => events)
  expect(sent.length).toBeGreaterThan(1.2 * new Set(sent.map(({ event_id }) => event_id)).size)
  expect(sent.filter(({ retry }) => retry).length).toBeGreaterThan(50)
  expect(sent.filter(({ age_ms = 0 }) => age_ms > DAY_MS).length).toBeGreaterThan(50)
  const events = visits.flatMap((visit) => visit.events).length
  for (const { id } of golden.sites.values())
    expect(
      await golden.collector.select(`SELECT count() AS events FROM events WHERE site_id = '${id}'`),
    ).toEqual([{ events }])
})

describe.each(TIME_ZONES)('in %s', (timeZone) => {
  const questions = listPeriods(timeZone).map((asked): Question => ({ timeZone, asked, filters: [] }))
  it.each(questions.map((question) => [writeQuery(question), question] as const))(
    'returns the expected values in every report for ?%s',
    // Zurich changes its clocks by an hour.
    async (_, question) => check[timeZone === 'Europe/Zurich' ? 'all' : 'some'](question),
  )
})

// Checks every report with every filter, in some minutes: GOLDEN=all npx vitest run collector/test/golden
describe('with filters', () => {
  const questions = listFilters(visits, random)
    .map((filters): Question => {
      const timeZone = random.pick(TIME_ZONES)
      return { timeZone, asked: random.pick(listPeriods(timeZone).slice(1)), filters }
    })
    .filter((_, index) => process.env['GOLDEN'] === 'all' || index % 4 === 0)
  it.each(
    questions.map(
      (question) =>
        [
          `${question.timeZone} ?${decodeURIComponent(writeQuery(question)).slice(0, 120)}`,
          question,
        ] as const,
    ),
  )('returns the expected filtered values in every report for %s', async (_, question) => {
    await check.some(question)
  })
})

describe('events', () => {
  const names = [...new Set(visits.flatMap(({ events }) => events.map(({ name }) => name)).filter(Boolean))]
  it.each(names)('counts the property values of the event %j', async (name) => {
    const question = ask(
      random.pick(TIME_ZONES),
      random.pick(['30d', '90d', '1y']),
      random.chance(0.5) ? [] : [{ by: 'event', value: 'signup' }],
    )
    const data = await check.read<{
      name: string
      properties: { key: string; values: { value: string; count: number; visitors: number }[] }[]
    }>(question, `/analytics/{id}/events/${encodeURIComponent(name)}`, { limit: '1000' })
    expect(data.name).toBe(name)
    for (const { values } of data.properties)
      expect(values.map(({ count }) => count)).toEqual(
        values.map(({ count }) => count).toSorted((a, b) => b - a),
      )
    const values = data.properties.flatMap(({ key, values: counts }) =>
      counts.map((count) => ({ key, ...count })),
    )
    expect(sortRows(values)).toEqual(sortRows(check.truthOf(question).eventProperties(name)))
    expect(new Set(data.properties.map(({ key }) => key)).size).toBe(data.properties.length)
  })

  it('lists the most frequent values of each event property up to the limit', async () => {
    const question = ask('UTC', '1y')
    const { properties } = await check.read<{ properties: { key: string; values: { count: number }[] }[] }>(
      question,
      '/analytics/{id}/events/signup',
      { limit: '2' },
    )
    for (const [key, counts] of groupBy(
      check.truthOf(question).eventProperties('signup'),
      (row) => row.key,
    )) {
      const most = counts
        .map(({ count }) => count)
        .sort((a, b) => b - a)
        .slice(0, 2)
      expect(properties.find((property) => property.key === key)!.values.map(({ count }) => count)).toEqual(
        most,
      )
    }
  })
})

describe('visitors', () => {
  it('returns the expected score parts of visitors, even if their ID contains special characters', async () => {
    for (const timeZone of TIME_ZONES) {
      const question = ask(timeZone, '30d')
      const visitors = listTrueVisitors(check.truthOf(question).visits)
      const hostile = visitors.filter(({ id }) => !/^visitor-[\w-]+$/.test(id))
      expect(hostile.length).toBeGreaterThan(4)
      for (const visitor of [...hostile, ...Array.from({ length: 3 }, () => random.pick(visitors))])
        expect(
          await check.read(question, `/analytics/{id}/visitors/${encodeURIComponent(visitor.id)}`),
        ).toEqual({
          ...describeVisitor(visitor),
          value_parts: visitor.valueParts,
          date_range: expect.anything() as object,
        })
    }
  })

  it('returns visitors as a plain array if no range and no limit are given', async () => {
    const question: Question = {
      timeZone: 'UTC',
      asked: listPeriods('UTC').find(({ query }) => Object.keys(query).length === 0)!,
      filters: [],
    }
    expect(await check.read(question, '/analytics/{id}/visitors')).toEqual(
      VISITORS.truth(check.truthOf(question)).slice(0, 1000),
    )
  })
})

describe('as CSV', () => {
  const reports = [...LIST_REPORTS, ...SOURCE_REPORTS].filter(({ name }) => !name.startsWith('technology'))
  it.each(reports.map((report) => [report.name, report] as const))(
    'returns the same rows of %s as CSV and as JSON',
    async (_, report) => {
      const question = ask('Europe/Zurich', '30d')
      const more = {
        ...report.query,
        ...(report.isComparable && { compare: 'previous' }),
        ...(isPaged(report) && { limit: '1000' }),
      }
      const { [report.rows]: rows } = await check.read<Record<string, Row[]>>(question, report.path, more)
      const table = readCsv(await check.readCsv(question, report.path, more))
      expect(table).toEqual(rows!.map((row) => writeCells(row)))
      expect(table.length).toBeGreaterThan(2)
    },
  )

  it('returns the same days as CSV and as JSON', async () => {
    const question = ask('Europe/Zurich', '30d')
    const { daily_stats: days } = await check.read<{ daily_stats: Row[] }>(question, '/analytics/{id}')
    expect(readCsv(await check.readCsv(question, '/analytics/{id}'))).toEqual(
      days.map((day) => writeCells(day)),
    )
  })

  it('returns the same property values as CSV and as JSON', async () => {
    const question = ask('Europe/Zurich', '30d')
    const { properties } = await check.read<{ properties: { key: string; values: Row[] }[] }>(
      question,
      '/analytics/{id}/events/signup',
      { limit: '1000' },
    )
    expect(
      readCsv(await check.readCsv(question, '/analytics/{id}/events/signup', { limit: '1000' })),
    ).toEqual(properties.flatMap(({ key, values }) => values.map((value) => writeCells({ key, ...value }))))
  })
})

describe('paginated lists', () => {
  const paged = [...LIST_REPORTS, ...SOURCE_REPORTS].filter(isPaged)
  it.each(paged.map((report) => [report.name, report] as const))(
    'returns each row of %s once when pages are read by cursor or by offset',
    async (_, report) => {
      const question = ask('Australia/Lord_Howe', '30d')
      const truth = report.truth(check.truthOf(question))
      const limit = report === VISITORS ? 170 : report === PAGES ? 12 : 4
      const [byCursor, byOffset]: Row[][] = [[], []]
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await readPage(report, question, {
          limit: String(limit),
          ...(cursor !== undefined && { cursor }),
        })
        byCursor!.push(...page.rows)
        cursor = page.pagination.next_cursor
        expect(page.pagination.has_more).toBe(cursor !== null)
      }
      // For the technology lists, the longest one decides whether there is more.
      for (let [offset, hasMore] = [0, true]; hasMore; offset += limit) {
        const page = await readPage(report, question, { limit: String(limit), offset: String(offset) })
        expect(page.pagination).toMatchObject({ limit, offset })
        byOffset!.push(...page.rows)
        hasMore = page.pagination.has_more
      }
      expect(byOffset).toEqual(truth)
      expect(byCursor).toEqual(truth)
    },
  )

  async function readPage(report: ListReport, question: Question, part: Record<string, string>) {
    const data = await check.read<Record<string, unknown>>(question, report.path, {
      ...report.query,
      ...part,
    })
    return {
      rows: data[report.rows] as Row[],
      pagination: data['pagination'] as { next_cursor: string | null; has_more: boolean },
    }
  }
})

// Must be the last block: from here on, reports read past days from rollups.
describe('after the past days are rolled up', () => {
  beforeAll(async () => {
    const settling = createRollups({ url: golden.collector.engine.url })
    // The newest days come first; the collector itself may roll up days meanwhile.
    for (let isDone = false; !isDone && (await countSettled()) < DAYS_SETTLED;)
      ({ isDone } = await settling.rollUp({ forMs: 5_000 }))
    await settling.close()
    expect(await countSettled()).toBeGreaterThanOrEqual(DAYS_SETTLED)
  }, 300_000)

  async function countSettled(): Promise<number> {
    const [row] = await golden.collector.select<{ days: number }>(
      'SELECT count() AS days FROM settled_days FINAL WHERE is_settled',
    )
    return row!.days
  }

  const unfiltered = TIME_ZONES.flatMap((timeZone) =>
    listPeriods(timeZone).map((asked): Question => ({ timeZone, asked, filters: [] })),
  )
  const filtered = listFilters(visits, random).map((filters): Question => ({
    ...random.pick(unfiltered),
    filters,
  }))
  const questions = [
    ...unfiltered.filter((_, index) => index % 4 === 0),
    ...filtered.filter((_, index) => index % 4 === 0),
  ]
  it.each(
    questions.map(
      (question) =>
        [
          `${question.timeZone} ?${decodeURIComponent(writeQuery(question)).slice(0, 120)}`,
          question,
        ] as const,
    ),
  )('returns the expected values in every report from rollups for %s', async (_, question) => {
    await check.some(question)
  })
})

function sortRows<Kind extends object>(rows: Kind[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort()
}
