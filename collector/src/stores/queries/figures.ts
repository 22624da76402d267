import type { VisitFigures } from '../report-store.js'
import type { ScopeSql } from './read-scope.js'
import { LASTED_MS } from './visits.js'

/** What figures are made of, in whole numbers: averages are made of them here, rounded in one way. */
export const figureColumns = ({ countVisitors }: ScopeSql) => `
    ${countVisitors} AS visitors,
    count() AS visits,
    sum(pageviews) AS views,
    countIf(pageviews > 0) AS entered,
    countIf(bounced) AS bounces,
    sumIf(${LASTED_MS}, pageviews > 0) AS spent_ms`

export interface FigureRow {
  visitors: number
  visits: number
  views: number
  entered: number
  bounces: number
  spent_ms: number
}

export function toFigures({ visitors, visits, views, entered, bounces, spent_ms }: FigureRow): VisitFigures {
  return {
    visitors,
    visits,
    pageviews: views,
    bounceRate: percentageOf(bounces, entered),
    averageDuration: averageSeconds(spent_ms, entered),
  }
}

/** One place, rounded half up; 0 of nothing. */
export function percentageOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10
}

/** Seconds with one place, rounded half up; 0 of nothing. */
export function averageSeconds(ms: number, count: number): number {
  return count === 0 ? 0 : Math.round(ms / count / 100) / 10
}
