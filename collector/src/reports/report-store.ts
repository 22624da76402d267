import type { GoalRule } from '../control/goals/goal.js'

/** From (inclusive) and to (exclusive), ms since the epoch. */
export interface Period {
  from: number
  to: number
}

/** What a filter may ask of a visit's first event. */
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

/** Selects whole visits: those whose first event has the value, or in which such an event happened. Values are compared exactly. */
export type ReportFilter =
  | { by: 'field'; field: VisitField; value: string }
  /** A pageview of this path. */
  | { by: 'path'; value: string }
  /** A custom event or goal of this name. */
  | { by: 'event'; value: string }
  /** A custom event or goal with this property; numbers and booleans as JSON writes them. */
  | { by: 'property'; key: string; value: string }

/** What a report is about: the visits of a site that began in the period and fulfil every filter. */
export interface ReportScope {
  siteId: string
  period: Period
  filters: readonly ReportFilter[]
}

/** A part of a ranked list. */
export interface Slice {
  limit: number
  offset: number
}

/** `bounceRate` is a percentage and `averageDuration` seconds, both rounded to one place and 0 without visits. */
export interface VisitMetrics {
  visitors: number
  visits: number
  pageviews: number
  bounceRate: number
  averageDuration: number
}

export interface RankedRow extends VisitMetrics {
  /** Empty where it is not known. */
  name: string
}

/** `bounceRate` is a percentage of the visits that began here, `averageTime` seconds until the next page of the visit; one place, 0 without any. */
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

/** The parts of a value score; docs/metrics.md says how each is made. Whole numbers that add up to the score. */
export interface ValueParts {
  pages: number
  engagement: number
  returns: number
  source: number
  goals: number
  revenue: number
}

/** One visitor, by the visits of the scope. Times are ms since the epoch. Country to landing page are those of the newest visit. */
export interface VisitorRow {
  id: string
  country: string
  deviceType: string
  browser: string
  os: string
  source: string
  channel: string
  referrer: string
  /** Whole URL of the first page; empty when there was none. */
  landingPage: string
  /** When the newest visit began. */
  visitedAt: number
  lastSeen: number
  visits: number
  pageviews: number
  /** Whole number, 0 to 100. */
  valueScore: number
  valueParts: ValueParts
}

/** Where a page of the list of visitors ended; the list is ordered by `visitedAt` and then `id`, both descending. */
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

/** How often a goal was reached. `conversionRate` is a percentage of the visits of the scope with one place, 0 without any. */
export interface GoalMetrics {
  /** Visits in which it was reached. */
  conversions: number
  visitors: number
  conversionRate: number
}

/** Errors of one fingerprint. Times are ms since the epoch. */
export interface ErrorGroupRow {
  fingerprint: string
  message: string
  type: string
  occurrences: number
  users: number
  firstSeen: number
  lastSeen: number
}

/** The questions that reports ask of the events. Every method rejects with `STORE_UNAVAILABLE` when the store is away or busy. */
export interface ReportStore {
  summary(scope: ReportScope): Promise<VisitMetrics>
  /** The figures of each part of the period, in order; `starts` are the moments at which parts begin, the first one the period's. Parts without visits are zeros. */
  timeline(scope: ReportScope, starts: readonly number[]): Promise<VisitMetrics[]>
  /** Most viewed first, then by URL. */
  pages(scope: ReportScope, slice: Slice): Promise<PageRow[]>
  /** Most visitors first, then most visits, then by name. */
  ranking(scope: ReportScope, field: VisitField, slice: Slice): Promise<RankedRow[]>
  /** Newest first. With `after`, what follows it in that order. */
  visitors(scope: ReportScope, slice: Slice & { after?: VisitorCursor }): Promise<VisitorRow[]>
  /** Undefined when the visitor has no visit in the scope. */
  visitor(scope: ReportScope, visitorId: string): Promise<VisitorRow | undefined>
  /** Custom events and goals by name, most frequent first, then by name. */
  eventNames(scope: ReportScope, slice: Slice): Promise<EventCount[]>
  /** The values of each property of the events of a name, most frequent first; `limit` for each property. */
  eventProperties(scope: ReportScope, name: string, limit: number): Promise<PropertyCount[]>
  /** By currency, highest count first. */
  revenue(scope: ReportScope): Promise<RevenueRow[]>
  /** The figures of each rule, in their order. */
  goals(scope: ReportScope, rules: readonly GoalRule[]): Promise<GoalMetrics[]>
  /** Errors that happened in the period, newest first. Filters on fields are those of the error's visit. */
  errorGroups(scope: ReportScope, slice: Slice): Promise<ErrorGroupRow[]>
  errorGroup(siteId: string, fingerprint: string): Promise<ErrorGroupRow | undefined>
}
