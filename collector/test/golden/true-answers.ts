import { expect } from 'vitest'
import type { VisitMetrics, VisitorRow } from '../../src/reports/report-store.js'
import { amount, rounded } from './golden-matchers.js'
import { listTrueGoals } from './true-goals.js'
import type { TrueFigures } from './true-figures.js'
import { listTrueVisitors } from './true-visitors.js'

export type Row = Record<string, unknown>

/** A list of the External API: its path, the location of its rows, and their true values. */
export interface ListReport {
  name: string
  /** Contains `{id}` for the site. */
  path: string
  query?: Record<string, string>
  /** Key of the rows within `data`. */
  rows: string
  isComparable: boolean
  truth(figures: TrueFigures): Row[]
  /** The fields that identify a row. */
  keys: string[]
}

const ENGLISH = new Intl.DisplayNames('en', { type: 'region' })
const describeCountry = (code: string) => ({
  country: code || null,
  country_code: code || null,
  country_name: code ? ENGLISH.of(code)! : null,
})

export const describeFigures = ({
  visitors,
  visits,
  pageviews,
  bounceRate,
  averageDuration,
  engagedRate,
  averageEngagedTime,
}: VisitMetrics) => ({
  visitors,
  visits,
  page_views: pageviews,
  bounce_rate: rounded(bounceRate),
  avg_visit_duration: rounded(averageDuration),
  engaged_rate: rounded(engagedRate),
  avg_engaged_time: rounded(averageEngagedTime),
})

const sourcesBy = (
  by: 'source' | 'channel' | 'utm_source' | 'utm_medium' | 'utm_campaign' | 'utm_term' | 'utm_content',
): ListReport => ({
  name: `sources by ${by}`,
  path: '/analytics/{id}/sources',
  query: { by },
  rows: 'sources',
  isComparable: true,
  keys: ['name'],
  truth: (figures) =>
    figures.ranking(by).map((row) => ({
      name: row.name,
      ...((by === 'source' || by === 'channel') && { [by]: row.name }),
      ...describeFigures(row),
    })),
})

const technology = (rows: string, field: 'browser' | 'os' | 'device_type'): ListReport => ({
  name: `technology: ${rows}`,
  path: '/analytics/{id}/technology',
  rows,
  isComparable: true,
  keys: ['name'],
  truth: (figures) => figures.ranking(field).map((row) => ({ name: row.name, ...describeFigures(row) })),
})

export const VISITORS: ListReport = {
  name: 'visitors',
  path: '/analytics/{id}/visitors',
  rows: 'visitors',
  isComparable: false,
  keys: ['id'],
  truth: ({ visits }) => listTrueVisitors(visits).map(describeVisitor),
}

export const PAGES: ListReport = {
  name: 'pages',
  path: '/analytics/{id}/pages',
  rows: 'pages',
  isComparable: true,
  keys: ['url', 'path'],
  truth: (figures) =>
    figures.pages().map(({ bounceRate, averageTime, scrollDepth, ...page }) => ({
      ...page,
      bounce_rate: rounded(bounceRate),
      avg_time: rounded(averageTime),
      scroll_depth: rounded(scrollDepth),
    })),
}

const ERRORS: ListReport = {
  name: 'groups of errors',
  path: '/errors/{id}/groups',
  rows: 'error_groups',
  isComparable: false,
  keys: ['id'],
  truth: (figures) =>
    figures.errorGroups().map(({ firstSeen, lastSeen, occurrences, users, ...row }) => ({
      ...row,
      id: expect.any(String) as string,
      fingerprint: expect.any(String) as string,
      status: 'open',
      occurrence_count: occurrences,
      affected_users_count: users,
      first_seen_at: new Date(firstSeen).toISOString(),
      last_seen_at: new Date(lastSeen).toISOString(),
    })),
}

export const SOURCE_REPORTS: readonly ListReport[] = (
  ['source', 'channel', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const
).map(sourcesBy)

export const LIST_REPORTS: readonly ListReport[] = [
  VISITORS,
  PAGES,
  ERRORS,
  {
    name: 'countries',
    path: '/analytics/{id}/countries',
    rows: 'countries',
    isComparable: true,
    keys: ['country', 'country_code', 'country_name'],
    truth: (figures) =>
      figures.ranking('country').map((row) => ({ ...describeCountry(row.name), ...describeFigures(row) })),
  },
  technology('browsers', 'browser'),
  technology('operating_systems', 'os'),
  technology('device_types', 'device_type'),
  {
    name: 'events',
    path: '/analytics/{id}/events',
    rows: 'events',
    isComparable: true,
    keys: ['name'],
    truth: (figures) => figures.eventNames().map((row) => ({ ...row })),
  },
  {
    name: 'revenue',
    path: '/analytics/{id}/revenue',
    rows: 'revenue',
    isComparable: true,
    keys: ['currency'],
    truth: (figures) =>
      figures.revenue().map(({ total, average, ...row }) => ({
        ...row,
        total: amount(total, row.currency),
        average: amount(average, row.currency),
      })),
  },
  {
    name: 'goals',
    path: '/analytics/{id}/goals',
    rows: 'goals',
    isComparable: true,
    keys: ['name', 'kind', 'value'],
    truth: ({ visits }) =>
      listTrueGoals(visits).map(({ conversionRate, totalValue, ...row }) => ({
        id: expect.any(String) as string,
        ...row,
        conversion_rate: rounded(conversionRate),
        total_value: amount(totalValue, ''),
      })),
  },
]

/** Whether a report is paginated. */
export const isPaged = ({ path }: ListReport) => !/\/(revenue|goals)$/.test(path)

export function describeVisitor({
  country,
  deviceType,
  landingPage,
  visitedAt,
  lastSeen,
  pageviews,
  valueScore,
  valueParts: _,
  ...row
}: VisitorRow): Row {
  return {
    ...row,
    ...describeCountry(country),
    device_type: deviceType,
    landing_page: landingPage || null,
    visited_at: new Date(visitedAt).toISOString(),
    last_seen: new Date(lastSeen).toISOString(),
    pageviews,
    page_count: pageviews,
    value_score: valueScore,
  }
}
