import type { GoalRule } from '../control/goals/goal.js'

/** A period from `from` (inclusive) to `to` (exclusive), ms since the epoch. */
export interface Period {
  from: number
  to: number
}

/** Columns of a visit's first event that filters may use. */
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

/** Selects whole visits, by their first event or by any event in them. Values match exactly. */
export type ReportFilter =
  | { by: 'field'; field: VisitField; value: string }
  /** A pageview of this path. */
  | { by: 'path'; value: string }
  /** A custom event or goal of this name. */
  | { by: 'event'; value: string }
  /** A custom event or goal with this property; numbers and booleans in JSON notation. */
  | { by: 'property'; key: string; value: string }

/** The visits of a report: those of a site that began in the period and match every filter. */
export interface ReportScope {
  siteId: string
  period: Period
  filters: readonly ReportFilter[]
}

/** A page of a ranked list. */
export interface Slice {
  limit: number
  offset: number
}

/**
 * The metrics of visits: `bounceRate` is a percentage, `averageDuration` is in seconds; both have one decimal
 * and are 0 without visits.
 */
export interface VisitMetrics {
  visitors: number
  visits: number
  pageviews: number
  bounceRate: number
  averageDuration: number
}

export interface RankedRow extends VisitMetrics {
  /** The name; empty when unknown. */
  name: string
}

/**
 * The metrics of a page: `bounceRate` is a percentage of the visits that began on it, `averageTime` is the
 * number of seconds until the next page; both have one decimal and are 0 without data.
 */
export interface PageRow {
  url: string
  path: string
  views: number
  visitors: number
  entries: number
  exits: number
  bounceRate: number
  averageTime: number
}

/** Parts of a value score, defined in docs/metrics.md. They are integers that add up to the score. */
export interface ValueParts {
  pages: number
  engagement: number
  returns: number
  source: number
  goals: number
  revenue: number
}

/**
 * A visitor, by the visits of the scope. Times are ms since the epoch. `country` to `landingPage` are of the
 * newest visit.
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
  /** URL of the first page; empty without a pageview. */
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

/** End of a page of visitors, which are ordered by `visitedAt`, then `id`, both descending. */
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

/** Revenue of one currency, in major units. */
export interface RevenueRow {
  currency: string
  total: number
  count: number
  average: number
  visitors: number
}

/**
 * Conversions of a goal. `conversionRate` is a percentage of the visits of the scope, with one decimal; 0
 * without visits.
 */
export interface GoalMetrics {
  /** Visits that reached the goal. */
  conversions: number
  visitors: number
  conversionRate: number
}

/** Errors with the same fingerprint. Times are ms since the epoch. */
export interface ErrorGroupRow {
  fingerprint: string
  message: string
  type: string
  occurrences: number
  users: number
  firstSeen: number
  lastSeen: number
}

/**
 * Queries of reports. Every method rejects with `STORE_UNAVAILABLE` when the store is unreachable or busy.
 */
export interface ReportStore {
  summary(scope: ReportScope): Promise<VisitMetrics>
  /**
   * Metrics of consecutive parts of the period. `starts` has the start of each part, the first equal to that
   * of the period. Parts without visits are zeros.
   */
  timeline(scope: ReportScope, starts: readonly number[]): Promise<VisitMetrics[]>
  /** Ranks pages by views, most viewed first, then by URL. */
  pages(scope: ReportScope, slice: Slice): Promise<PageRow[]>
  /** Ranks the values of a field: most visitors first, then most visits, then by name. */
  ranking(scope: ReportScope, field: VisitField, slice: Slice): Promise<RankedRow[]>
  /** Lists the newest first, starting behind `after`. */
  visitors(scope: ReportScope, slice: Slice & { after?: VisitorCursor }): Promise<VisitorRow[]>
  /** Resolves to undefined when the visitor has no visit in the scope. */
  visitor(scope: ReportScope, visitorId: string): Promise<VisitorRow | undefined>
  /** Custom events and goals by name, most frequent first, then by name. */
  eventNames(scope: ReportScope, slice: Slice): Promise<EventCount[]>
  /**
   * Values of each property of the events with this name, most frequent first; at most `limit` per property.
   */
  eventProperties(scope: ReportScope, name: string, limit: number): Promise<PropertyCount[]>
  /** Lists the revenue of each currency, most events first. */
  revenue(scope: ReportScope): Promise<RevenueRow[]>
  /** Metrics of each rule, in the given order. */
  goals(scope: ReportScope, rules: readonly GoalRule[]): Promise<GoalMetrics[]>
  /** Errors that occurred in the period, newest first. Field filters apply to the visit of the error. */
  errorGroups(scope: ReportScope, slice: Slice): Promise<ErrorGroupRow[]>
  errorGroup(siteId: string, fingerprint: string): Promise<ErrorGroupRow | undefined>
}
