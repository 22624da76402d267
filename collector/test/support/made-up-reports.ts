import { type ReportStore, type Vital, type VitalFigures, VITALS } from '../../src/reports/report-store.js'
import { makeFigures, makeVisitor, sliceOf } from './fake-reports.js'
import { NOW } from './open-external-api.js'

export const MADE_UP_VISITORS = Array.from({ length: 60 }, (_, index) =>
  makeVisitor({ id: `visitor-${index}`, visitedAt: NOW - 60_000 * index }),
)
const countries = ['CH', 'DE', ''].map((name, index) => ({ name, ...makeFigures(10 - index) }))
const sources = ['google', '=cmd()', 'Bücher, "neu"'].map((name, index) => ({
  name,
  ...makeFigures(30 - index),
}))

const ERROR_GROUP = {
  fingerprint: 'a1',
  message: 'x is not a function',
  type: 'TypeError',
  occurrences: 3,
  users: 2,
  firstSeen: NOW - 90_000,
  lastSeen: NOW - 1000,
}

/** Something of every kind: three entries in ranked lists, and 60 visitors. */
export const MADE_UP_REPORTS: Partial<ReportStore> = {
  // Half as many in the previous period, which begins earlier.
  summary: async ({ period }) => makeFigures(period.to > NOW ? 20 : 10),
  timeline: async (_scope, starts) => starts.map((_, index) => makeFigures(index)),
  ranking: async ({ period }, field, slice) =>
    sliceOf(field === 'country' ? (period.to > NOW ? countries : countries.slice(1)) : sources, slice),
  visitors: async (_scope, { limit, offset, after }) => {
    const start = after ? MADE_UP_VISITORS.findIndex(({ id }) => id === after.id) + 1 : offset
    return sliceOf(MADE_UP_VISITORS, { limit, offset: start })
  },
  visitor: async (_scope, id) => MADE_UP_VISITORS.find((visitor) => visitor.id === id),
  pages: async (_scope, slice) =>
    sliceOf(
      [
        {
          url: 'https://example.com/',
          path: '/',
          views: 9,
          visitors: 8,
          entries: 7,
          exits: 6,
          bounceRate: 50,
          averageTime: 4.5,
          scrollDepth: 70.5,
        },
      ],
      slice,
    ),
  eventNames: async () => [{ name: 'signup', count: 5, visitors: 4 }],
  eventProperties: async () => [
    { key: 'plan', value: 'pro', count: 3, visitors: 3 },
    { key: 'trial', value: 'true', count: 2, visitors: 2 },
    { key: 'plan', value: 'free', count: 1, visitors: 1 },
  ],
  revenue: async () => [{ currency: 'CHF', total: 120.5, count: 3, average: 40.17, visitors: 2 }],
  goals: async (_scope, rules) =>
    rules.map((_, index) => ({ conversions: 20 - index, visitors: 18 - index, conversionRate: 4.5 })),
  errorGroups: async (_scope, slice) => sliceOf([ERROR_GROUP], slice),
  errorGroupDetails: async () => ({
    group: ERROR_GROUP,
    newest: [
      {
        occurredAt: NOW - 1000,
        type: 'TypeError',
        message: 'x is not a function',
        url: 'https://example.com/',
        browser: 'Firefox',
        os: 'Linux',
        deviceType: 'desktop',
        country: 'CH',
        file: 'https://example.com/app.js',
        line: 3,
        column: 0,
        frames: ['pay@https://example.com/app.js:3:1'],
        cause: '',
        handled: false,
      },
    ],
    days: [{ name: '2026-04-01', count: 3 }],
    pages: [{ name: 'https://example.com/', count: 3 }],
    browsers: [{ name: 'Firefox', count: 3 }],
  }),
  searches: async ({ period }, { slice }) =>
    sliceOf(
      ['=cmd()', 'boots'].map((term, index) => ({
        term,
        searches: period.to > NOW ? 8 - index : 4,
        visitors: 3,
        visits: 4,
        exitRate: 25,
      })),
      slice,
    ),
  vitals: async (_scope, { slice }) =>
    sliceOf(
      [
        {
          name: '/',
          navigations: 40,
          ...(Object.fromEntries(
            VITALS.map((vital) => [vital, { samples: 40, p75: 1, good: 30, needsImprovement: 6, poor: 4 }]),
          ) as Record<Vital, VitalFigures>),
        },
      ],
      slice,
    ),
}
