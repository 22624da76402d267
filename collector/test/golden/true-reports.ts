import { expect } from 'vitest'
import type { Period, ReportScope, VisitMetrics } from '../../src/reports/report-store.js'
import { amount, rounded } from './golden-matchers.js'
import { createTrueFigures } from './true-figures.js'
import { listTrueGoals } from './true-goals.js'
import { compareBytes } from './true-sums.js'
import { listTrueVisitors } from './true-visitors.js'
import type { PlannedVisit } from './visit-plan.js'

const roundFigures = <Row extends VisitMetrics>({
  bounceRate,
  averageDuration,
  engagedRate,
  averageEngagedTime,
  ...row
}: Row) => ({
  ...row,
  bounceRate: rounded(bounceRate),
  averageDuration: rounded(averageDuration),
  engagedRate: rounded(engagedRate),
  averageEngagedTime: rounded(averageEngagedTime),
})

/** The first moments of the parts into which the days split a period. */
export function startsWithin({ from, to }: Period, days: readonly number[]): number[] {
  return [from, ...days.filter((start) => start > from && start < to)]
}

/**
 * What every report of a report store must return, computed from the plan alone. `days` are the first moments of
 * the days of the timeline. Nobody can predict the ID of a cookieless visitor, so it matches any text.
 */
export function trueReports(
  visits: readonly PlannedVisit[],
  { period, filters }: ReportScope,
  days: readonly number[],
) {
  const figures = createTrueFigures(visits, period, filters)
  return {
    summary: roundFigures(figures.summary()),
    days: figures.timeline(startsWithin(period, days)).map(roundFigures),
    pages: figures.pages().map(({ bounceRate, averageTime, scrollDepth, ...row }) => ({
      ...row,
      bounceRate: rounded(bounceRate),
      averageTime: rounded(averageTime),
      scrollDepth: rounded(scrollDepth),
    })),
    countries: figures.ranking('country').map(roundFigures),
    sources: figures.ranking('source').map(roundFigures),
    visitors: listTrueVisitors(figures.visits).map((visitor) =>
      visitor.id.startsWith('cookieless') ? { ...visitor, id: expect.any(String) as string } : visitor,
    ),
    eventNames: figures.eventNames(),
    eventProperties: figures
      .eventProperties('signup')
      .toSorted((a, b) => b.count - a.count || compareBytes(a.key, b.key) || compareBytes(a.value, b.value)),
    revenue: figures.revenue().map(({ total, average, ...row }) => ({
      ...row,
      total: amount(total, row.currency),
      average: amount(average, row.currency),
    })),
    goals: listTrueGoals(figures.visits).map(({ conversions, visitors, conversionRate }) => ({
      conversions,
      visitors,
      conversionRate: rounded(conversionRate),
    })),
    errorGroups: figures
      .errorGroups()
      .map((group) => ({ ...group, fingerprint: expect.any(String) as string })),
  }
}
