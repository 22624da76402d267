import type { GoalRule } from '../control/goals/goal.js'
import type { ErrorGroupDetails, ErrorGroupRow } from './error-group.js'

/** A period from `from` (inclusive) to `to` (exclusive), both Unix times in milliseconds. */
export interface Period {
  from: number
  to: number
}

/** Visit fields that filters can use. The values of a visit are the values of its first event. */
export const VISIT_FIELDS = [
  'country',
  'device_type',
  'browser',
  'os',
  'source',
  'channel',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const
export type VisitField = (typeof VISIT_FIELDS)[number]

/**
 * A filter that selects whole visits by their first event or by any of their events. Values must match
 * exactly.
 */
export type ReportFilter =
  | { by: 'field'; field: VisitField; value: string }
  /** Selects visits with a pageview of this path. */
  | { by: 'path'; value: string }
  /** Selects visits with a custom event or goal of this name. */
  | { by: 'event'; value: string }
  /**
   * Selects visits with a custom event or goal that has this property and value. Numbers and booleans are
   * written as in JSON.
   */
  | { by: 'property'; key: string; value: string }

/**
 * Selects the visits of a report. A visit must belong to the site, begin in the period and match every
 * filter.
 */
export interface ReportScope {
  siteId: string
  period: Period
  filters: readonly ReportFilter[]
}

/** Selects one page of a list. */
export interface Slice {
  limit: number
  offset: number
}

/**
 * Metrics of a set of visits. Rates are percentages and averages are in seconds, both with one decimal. `bounceRate` and
 * `averageDuration` are null if no visit has a pageview. `engagedRate` and `averageEngagedTime` are about the visits whose
 * engaged time is known, and null if there are none.
 */
export interface VisitMetrics {
  visitors: number
  visits: number
  pageviews: number
  bounceRate: number | null
  averageDuration: number | null
  engagedRate: number | null
  averageEngagedTime: number | null
}

export interface RankedRow extends VisitMetrics {
  /** A value of the ranked field, or an empty string if the value is unknown. */
  name: string
}

/**
 * Metrics of a page, with one decimal. `bounceRate` is a percentage of the visits that began on the page, and null if none
 * did. `averageTime` is in seconds: the engaged time of the views that have one, else the time until the visit's next
 * pageview, and null if none followed. `scrollDepth` is the average of the views that have one, in percent, else null.
 */
export interface PageRow {
  url: string
  path: string
  views: number
  visitors: number
  entries: number
  exits: number
  bounceRate: number | null
  averageTime: number | null
  scrollDepth: number | null
}

/**
 * The parts of a visitor's value score. Each part is an integer, and the score is their sum. The rules are
 * documented in docs/metrics.md.
 */
export interface ValueParts {
  pages: number
  engagement: number
  returns: number
  source: number
  goals: number
  revenue: number
}

/**
 * A visitor and the metrics of the visitor's visits in the scope. Times are Unix times in milliseconds. The
 * fields `country` to `landingPage` come from the newest visit.
 */
export interface VisitorRow {
  id: string
  country: string
  deviceType: string
  browser: string
  os: string
  source: string
  channel: string
  referrer: string
  /** URL of the first page of the newest visit, or an empty string if that visit has no pageview. */
  landingPage: string
  /** Start of the newest visit. */
  visitedAt: number
  lastSeen: number
  visits: number
  pageviews: number
  /** The value score, an integer from 0 to 100. */
  valueScore: number
  valueParts: ValueParts
}

/**
 * The sort key of the last visitor on a page. Visitors are sorted by `visitedAt`, then by `id`, both in
 * descending order.
 */
export interface VisitorCursor {
  visitedAt: number
  id: string
}

export interface EventCount {
  name: string
  count: number
  visitors: number
}

export interface PropertyCount {
  key: string
  value: string
  count: number
  visitors: number
}

/** Revenue in one currency. Amounts are in major units, such as euros instead of cents. */
export interface RevenueRow {
  currency: string
  total: number
  count: number
  average: number
  visitors: number
}

/**
 * Metrics of one goal. `conversionRate` is the percentage of the visits in the scope that completed the goal.
 * It has one decimal and is null if there are no visits.
 */
export interface GoalMetrics {
  /** Number of visits that completed the goal. */
  conversions: number
  visitors: number
  conversionRate: number | null
}

/** Core Web Vitals and the metrics beside them, by the names of the properties of `performance` events. */
export const VITALS = ['lcp', 'inp', 'cls', 'fcp', 'ttfb'] as const
export type Vital = (typeof VITALS)[number]

/** What the navigations of a vitals report are grouped by. */
export const VITALS_DIMENSIONS = ['page', 'device', 'country', 'browser', 'navigation'] as const
export type VitalsDimension = (typeof VITALS_DIMENSIONS)[number]

/**
 * The values of one metric. `p75` is the 75th percentile, in milliseconds, or without a unit for `cls`. The last three
 * fields count the samples with each rating.
 */
export interface VitalFigures {
  samples: number
  p75: number
  good: number
  needsImprovement: number
  poor: number
}

/** The vitals of the navigations with the same value of a dimension. */
export type VitalsRow = Record<Vital, VitalFigures> & {
  /** The value of the dimension, or an empty string if it is unknown. */
  name: string
  navigations: number
}

/**
 * What visitors searched for on the site. `exitRate` is the percentage of the visits with this search whose last pageview
 * is one of its results, with one decimal.
 */
export interface SearchRow {
  term: string
  searches: number
  visitors: number
  visits: number
  exitRate: number
}

/**
 * Runs the queries of reports. Every method rejects with `STORE_UNAVAILABLE` if the store is unreachable or
 * busy.
 */
export interface ReportStore {
  summary(scope: ReportScope): Promise<VisitMetrics>
  /**
   * Splits the period into consecutive parts and resolves to the metrics of each part. `starts` contains the
   * start of each part. The first part must start with the period.
   */
  timeline(scope: ReportScope, starts: readonly number[]): Promise<VisitMetrics[]>
  /** Ranks pages by views, most viewed first. Pages with the same number of views are sorted by URL. */
  pages(scope: ReportScope, slice: Slice): Promise<PageRow[]>
  /** Ranks the values of a field by visitors, then by visits, both in descending order, and then by name. */
  ranking(scope: ReportScope, field: VisitField, slice: Slice): Promise<RankedRow[]>
  /** Lists visitors, newest visit first. If `after` is set, the list starts after this position. */
  visitors(scope: ReportScope, slice: Slice & { after?: VisitorCursor }): Promise<VisitorRow[]>
  /** Resolves to the visitor, or to undefined if the visitor has no visit in the scope. */
  visitor(scope: ReportScope, visitorId: string): Promise<VisitorRow | undefined>
  /**
   * Lists the names of custom events and goals, most frequent first. Names with the same frequency are sorted
   * alphabetically.
   */
  eventNames(scope: ReportScope, slice: Slice): Promise<EventCount[]>
  /**
   * Lists the property values of the events with this name, most frequent first. Returns at most `limit`
   * values for each property.
   */
  eventProperties(scope: ReportScope, name: string, limit: number): Promise<PropertyCount[]>
  /** Lists the revenue in each currency. The currency with the most revenue events comes first. */
  revenue(scope: ReportScope): Promise<RevenueRow[]>
  /** Resolves to one row of metrics per goal rule, in the order of `rules`. */
  goals(scope: ReportScope, rules: readonly GoalRule[]): Promise<GoalMetrics[]>
  /**
   * Lists the groups of errors that occurred in the period, most recent first. Filters apply to the visit in
   * which an error occurred.
   */
  errorGroups(scope: ReportScope, slice: Slice): Promise<ErrorGroupRow[]>
  errorGroup(siteId: string, fingerprint: string): Promise<ErrorGroupRow | undefined>
  /**
   * Resolves to the newest 20 errors of a group in the period and to their counts, or to undefined if there are none.
   * Days are in the given time zone.
   */
  errorGroupDetails(
    scope: ReportScope,
    query: { fingerprint: string; timeZone: string },
  ): Promise<ErrorGroupDetails | undefined>
  /**
   * Returns the vitals of the navigations of the period by a dimension, most navigations first, or those of all
   * navigations in one row without one. Filters apply to the visit of a navigation.
   */
  vitals(scope: ReportScope, query: { by: VitalsDimension | undefined; slice: Slice }): Promise<VitalsRow[]>
  /**
   * Lists what visitors searched for, by the values of these query parameters in the URLs of pageviews, most searches
   * first. Terms with the same number are sorted alphabetically.
   */
  searches(scope: ReportScope, query: { parameters: readonly string[]; slice: Slice }): Promise<SearchRow[]>
}
