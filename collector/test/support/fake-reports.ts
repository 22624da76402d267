import type {
  ReportScope,
  ReportStore,
  Slice,
  VisitMetrics,
  VisitorRow,
} from '../../src/reports/report-store.js'

/** The metrics of no visits. */
export const NONE: VisitMetrics = {
  visitors: 0,
  visits: 0,
  pageviews: 0,
  bounceRate: null,
  averageDuration: null,
  engagedRate: null,
  averageEngagedTime: null,
}

/** A query sent by a route to the store. */
export interface Question {
  method: string
  scope: ReportScope
  rest: unknown[]
}

/** A report store without events; a test defines the answers, and `asked` records the queries. */
export function createFakeReports(answers: Partial<ReportStore> = {}): ReportStore & { asked: Question[] } {
  const asked: Question[] = []
  const store: ReportStore = {
    summary: async () => NONE,
    timeline: async (_scope, starts) => starts.map(() => NONE),
    pages: async () => [],
    ranking: async () => [],
    visitors: async () => [],
    visitor: async () => undefined,
    eventNames: async () => [],
    eventProperties: async () => [],
    revenue: async () => [],
    goals: async (_scope, rules) => rules.map(() => ({ conversions: 0, visitors: 0, conversionRate: null })),
    errorGroups: async () => [],
    errorGroup: async () => undefined,
    errorGroupDetails: async () => undefined,
    vitals: async () => [],
    searches: async () => [],
    ...answers,
  }
  const watched = Object.entries(store).map(([method, answer]) => [
    method,
    (scope: ReportScope, ...rest: unknown[]) => {
      asked.push({ method, scope, rest })
      return (answer as (scope: ReportScope, ...rest: unknown[]) => Promise<unknown>)(scope, ...rest)
    },
  ])
  return { ...(Object.fromEntries(watched) as ReportStore), asked }
}

/** A slice of rows, as returned by a store. */
export const sliceOf = <Row>(rows: readonly Row[], { limit, offset }: Slice): Row[] =>
  rows.slice(offset, offset + limit)

/** Metrics with distinct values. */
export const makeFigures = (visitors: number): VisitMetrics => ({
  visitors,
  visits: visitors + 1,
  pageviews: 3 * visitors,
  bounceRate: 40,
  averageDuration: 12.5,
  engagedRate: 62.5,
  averageEngagedTime: 7.5,
})

export function makeVisitor(fields: Partial<VisitorRow> = {}): VisitorRow {
  return {
    id: 'visitor-0001',
    country: 'CH',
    deviceType: 'desktop',
    browser: 'Firefox',
    os: 'Linux',
    source: 'google',
    channel: 'organic search',
    referrer: 'https://www.google.com/',
    landingPage: 'https://example.com/',
    visitedAt: Date.parse('2026-04-01T09:00:00Z'),
    lastSeen: Date.parse('2026-04-01T09:05:00Z'),
    visits: 2,
    pageviews: 9,
    valueScore: 41,
    valueParts: { pages: 18, engagement: 11, returns: 5, source: 7, goals: 0, revenue: 0 },
    ...fields,
  }
}
