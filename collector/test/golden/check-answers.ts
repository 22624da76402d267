import { expect } from 'vitest'
import type { VisitMetrics } from '../../src/reports/report-store.js'
import { rounded } from './golden-matchers.js'
import { writeQuery, type Question } from './golden-questions.js'
import type { GoldenCollector } from './start-golden-collector.js'
import {
  LIST_REPORTS,
  SOURCE_REPORTS,
  describeFigures,
  isPaged,
  type ListReport,
  type Row,
} from './true-answers.js'
import { createTrueFigures, type TrueFigures } from './true-figures.js'
import { daysOfPeriod, periodBefore } from './true-periods.js'
import type { PlannedVisit } from './visit-plan.js'

/** Compares the answers of a collector with the plan of its visits. */
export interface AnswerCheck {
  overview(question: Question): Promise<void>
  list(report: ListReport, question: Question): Promise<void>
  /** Checks the totals, the days and every list, using one of the names for sources. */
  all(question: Question): Promise<void>
  /** Checks the totals, the days and a quarter of the lists, in rotation. */
  some(question: Question): Promise<void>
  /** `data` of a successful answer; fails on any other. */
  read<Data>(question: Question, path: string, more?: Record<string, string>): Promise<Data>
  /** The same data as CSV text. */
  readCsv(question: Question, path: string, more?: Record<string, string>): Promise<string>
  truthOf(question: Question): TrueFigures
}

const MOST_ROWS = 1000

interface Overview {
  website: Row
  time_range: string
  date_range: Row
  summary: Row
  daily_stats: Row[]
  comparison: { date_range: Row; summary: Record<string, number>; change: Record<string, number | null> }
}

export function createAnswerCheck(golden: GoldenCollector, visits: readonly PlannedVisit[]): AnswerCheck {
  const truthOf = rememberLast(({ asked, filters }: Question) =>
    createTrueFigures(visits, asked.period, filters),
  )
  const truthBefore = rememberLast(({ asked, filters, timeZone }: Question) =>
    createTrueFigures(visits, periodBefore(asked.period, timeZone), filters),
  )

  const ask = async (address: string) => {
    const answer = await golden.ask(address)
    const body = (await answer.json()) as { data: unknown } & Row
    expect(answer.status, `${address}\n${JSON.stringify(body)}`).toBe(200)
    return body
  }
  // For one question: all technology lists come in one answer.
  const answers = new Map<string, ReturnType<typeof ask>>()
  let asked: Question | undefined
  const addressOf = (question: Question, path: string, more: Record<string, string> = {}) =>
    `${path.replace('{id}', golden.sites.get(question.timeZone)!.id)}?${writeQuery(question, more)}`
  const readBody = async (question: Question, path: string, more?: Record<string, string>) => {
    const address = addressOf(question, path, more)
    if (asked !== question) answers.clear()
    asked = question
    if (!answers.has(address)) answers.set(address, ask(address))
    return answers.get(address)!
  }
  const read = async <Data>(question: Question, path: string, more?: Record<string, string>) =>
    (await readBody(question, path, more)).data as Data

  let turn = 0
  const check: AnswerCheck = {
    read,
    truthOf,
    readCsv: async (question, path, more) => {
      const answer = await golden.ask(addressOf(question, path, more), { accept: 'text/csv' })
      expect(answer.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/)
      return answer.text()
    },

    async all(question) {
      turn++
      const lists = [...LIST_REPORTS, SOURCE_REPORTS[turn % SOURCE_REPORTS.length]!]
      await Promise.all([check.overview(question), ...lists.map((report) => check.list(report, question))])
    },

    async some(question) {
      if (process.env['GOLDEN'] === 'all') return check.all(question)
      turn++
      const lists = [...LIST_REPORTS, ...SOURCE_REPORTS].filter((_, index) => (index + turn) % 4 === 0)
      await Promise.all([check.overview(question), ...lists.map((report) => check.list(report, question))])
    },

    async overview(question) {
      const { timeZone, asked } = question
      const body = await readBody(question, '/analytics/{id}', { compare: 'previous' })
      const data = body.data as Overview
      const truth = truthOf(question)
      const days = daysOfPeriod(asked.period, timeZone)
      const timeline = truth.timeline(days.map(({ start }) => start))
      const summary = truth.summary()
      expect(data).toMatchObject({
        website: { id: golden.sites.get(timeZone)!.id, domain: 'example.com', name: timeZone },
        time_range: asked.name,
        date_range: describeRange(asked.period),
        summary: describeSummary(summary),
        comparison: {
          date_range: describeRange(periodBefore(asked.period, timeZone)),
          summary: describeSummary(truthBefore(question).summary()),
        },
      })
      expect(data.daily_stats).toEqual(
        days.map(({ date }, index) => {
          const { visitors, ...figures } = describeFigures(timeline[index]!)
          return { date, total_visitors: visitors, ...figures }
        }),
      )
      // The days add up to the total.
      expect(data.daily_stats.reduce((views, day) => views + Number(day['page_views']), 0)).toBe(
        summary.pageviews,
      )
      expect(body).toMatchObject({
        totalVisitors: summary.visitors,
        totalPageViews: summary.pageviews,
        bounceRate: rounded(summary.bounceRate ?? 0),
      })
      checkChange(data.summary as Record<string, number>, data.comparison.summary, data.comparison.change)
    },

    async list(report, question) {
      const paged: Record<string, string> = isPaged(report) ? { limit: String(MOST_ROWS) } : {}
      const { [report.rows]: rows } = await read<Record<string, Row[]>>(question, report.path, {
        ...report.query,
        ...paged,
        ...(report.isComparable && { compare: 'previous' }),
      })
      const truth = report.truth(truthOf(question)).slice(0, MOST_ROWS)
      expect(rows!.map(({ previous: _, change: __, ...row }) => row)).toEqual(truth)
      if (!report.isComparable) return
      const before = new Map(
        report.truth(truthBefore(question)).map((row) => [nameOf(report, row), figuresOf(report, row)]),
      )
      for (const row of rows!) {
        const { previous, change } = row as Record<'previous' | 'change', Record<string, number>>
        const same = before.get(nameOf(report, row))
        if (same) expect(previous).toEqual(same)
        else
          expect(previous).toEqual(
            Object.fromEntries(Object.keys(previous).map((name) => [name, isQuotient(name) ? null : 0])),
          )
        checkChange(row as Record<string, number>, previous, change)
      }
    },
  }
  return check
}

/** Remembers one answer, because all reports are checked with the same question in a row. */
function rememberLast<Result>(answer: (question: Question) => Result): (question: Question) => Result {
  let last: { question: Question; result: Result } | undefined
  return (question) => {
    if (last?.question !== question) last = { question, result: answer(question) }
    return last.result
  }
}

const describeRange = ({ from, to }: { from: number; to: number }) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
})

function describeSummary(figures: VisitMetrics) {
  const { visitors, visits, ...rest } = describeFigures(figures)
  const { page_views, ...rates } = rest
  return {
    total_visitors: visitors,
    unique_visitors: visitors,
    total_visits: visits,
    total_page_views: page_views,
    ...rates,
  }
}

const nameOf = ({ keys }: ListReport, row: Row) => JSON.stringify(keys.map((key) => row[key]))

function figuresOf({ keys }: ListReport, row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).filter(
      ([key]) => key !== 'id' && !keys.includes(key) && typeof row[key] !== 'string',
    ),
  )
}

const isQuotient = (name: string) => /_rate$|_depth$|^avg_|^average$/.test(name)

/** A percentage of the previous value, null when that is 0 or unknown; for rates, the difference. */
function checkChange(
  current: Record<string, number | null>,
  previous: Record<string, number | null>,
  change: Record<string, number | null>,
): void {
  expect(Object.keys(change)).toEqual(Object.keys(previous))
  for (const [name, before] of Object.entries(previous)) {
    const now = current[name]!
    if (now === null || before === null) expect(change[name]).toBeNull()
    else if (name.endsWith('_rate')) expect(change[name]).toEqual(rounded(now - before))
    else if (before === 0) expect(change[name]).toBeNull()
    else expect(change[name]).toEqual(rounded((100 * (now - before)) / before))
  }
}
