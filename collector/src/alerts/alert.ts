/** Metrics that alerts can watch; docs/alerts.md defines each and its unit. */
export const METRICS = [
  'pageviews',
  'visitors',
  'visits',
  'events',
  'goals',
  'errors',
  'revenue',
  'live_visitors',
  'bounce_rate',
  'traffic_spike',
  'uptime',
] as const
export type Metric = (typeof METRICS)[number]

export const COMPARISONS = ['>', '>=', '<', '<='] as const
export type Comparison = (typeof COMPARISONS)[number]

/** The condition of an alert. */
export interface AlertRule {
  comparison: Comparison
  /** The threshold, in the unit of the metric. */
  threshold: number
  /**
   * The distance that the value must return past the threshold before the alert can fire again; 0 or more, in
   * the unit of the metric.
   */
  hysteresis: number
  /** The minimum number of visitors: with fewer, the alert keeps its state. */
  minimumVolume: number
  /** Minutes after firing in which the alert does not fire again. */
  coolDownMinutes: number
}

export const DESTINATION_TYPES = ['webhook', 'slack', 'email'] as const
export type DestinationType = (typeof DESTINATION_TYPES)[number]

/**
 * The destination of notifications. `sealed` is the URL or the address, opened by the secret box; `webhook`
 * stands for the webhooks of the site that subscribe to the event.
 */
export type Destination = { type: 'webhook' } | { type: 'slack' | 'email'; sealed: string }

/** The editable fields of an alert. */
export interface AlertFields extends AlertRule {
  name: string
  metric: Metric
  windowMinutes: number
  /** The ISO 4217 code of the currency; for `revenue` only. */
  currency: string
  isActive: boolean
  destinations: Destination[]
}

/** The evaluation state of an alert. Times are ms since the epoch. */
export interface AlertState {
  /** Whether the condition held in the last evaluation. */
  isFiring: boolean
  /** The end of the last evaluated minute. */
  evaluatedTo: number
  /** The value of that minute; null before the first. */
  value: number | null
  /** The end of the last minute in which it fired; null if it never did. */
  firedAt: number | null
}

export interface Alert extends AlertFields {
  /** `alert_…` */
  id: string
  siteId: string
  /** ms since the epoch. */
  createdAt: number
  /** The number of changes of its fields, incremented by each. */
  revision: number
  state: AlertState
}

export const MAX_ALERTS_OF_SITE = 50

/** The fields of alerts on a metric, by their names on the wire, and the defaults of the others. */
interface MetricRule {
  fields: readonly string[]
  defaults: Pick<
    AlertFields,
    'comparison' | 'hysteresis' | 'minimumVolume' | 'coolDownMinutes' | 'currency'
  > &
    Partial<Pick<AlertFields, 'threshold' | 'windowMinutes'>>
  largestThreshold: number
}

const LIVE_WINDOW_MINUTES = 5
const DAY_MINUTES = 24 * 60
const LARGEST = 1_000_000_000_000

const DEFAULTS = {
  comparison: '>',
  hysteresis: 0,
  minimumVolume: 0,
  coolDownMinutes: 0,
  currency: 'USD',
} as const
const SHARED = ['threshold', 'hysteresis', 'minimum_volume', 'cool_down_minutes']
const COUNT: MetricRule = {
  fields: ['comparison', 'window_minutes', ...SHARED],
  defaults: DEFAULTS,
  largestThreshold: LARGEST,
}

export const METRIC_RULES: Record<Metric, MetricRule> = {
  pageviews: COUNT,
  visitors: COUNT,
  visits: COUNT,
  events: COUNT,
  goals: COUNT,
  errors: COUNT,
  revenue: { ...COUNT, fields: [...COUNT.fields, 'currency'] },
  live_visitors: {
    ...COUNT,
    fields: ['comparison', ...SHARED],
    defaults: { ...DEFAULTS, windowMinutes: LIVE_WINDOW_MINUTES },
  },
  bounce_rate: { ...COUNT, largestThreshold: 100 },
  traffic_spike: {
    fields: SHARED,
    defaults: { ...DEFAULTS, threshold: 2, windowMinutes: DAY_MINUTES },
    largestThreshold: LARGEST,
  },
  uptime: {
    fields: [],
    defaults: { ...DEFAULTS, comparison: '<', threshold: 1, windowMinutes: 1 },
    largestThreshold: 1,
  },
}
