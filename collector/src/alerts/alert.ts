/** Metrics that an alert can compare with its threshold. docs/alerts.md defines each metric and its unit. */
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

/** The condition that makes an alert fire. */
export interface AlertRule {
  comparison: Comparison
  /** Threshold in the unit of the metric. */
  threshold: number
  /**
   * Distance between the threshold and the value at which a firing alert clears and can fire again. It is at
   * least 0, in the unit of the metric.
   */
  hysteresis: number
  /** Minimum number of visitors in the window. If there are fewer, the state of the alert does not change. */
  minimumVolume: number
  /** Number of minutes after a trigger in which the alert does not fire again. */
  coolDownMinutes: number
}

export const DESTINATION_TYPES = ['webhook', 'slack', 'email'] as const
export type DestinationType = (typeof DESTINATION_TYPES)[number]

/**
 * Where notifications of an alert are sent. A `webhook` destination includes all webhooks of the site that
 * subscribe to the event. `sealed` is the encrypted Slack URL or email address.
 */
export type Destination = { type: 'webhook' } | { type: 'slack' | 'email'; sealed: string }

/** The fields of an alert that its owner can set. */
export interface AlertFields extends AlertRule {
  name: string
  metric: Metric
  windowMinutes: number
  /** ISO 4217 currency code, which only the metric `revenue` uses. */
  currency: string
  isActive: boolean
  destinations: Destination[]
}

/** The evaluation state of an alert. Times are Unix times in milliseconds. */
export interface AlertState {
  /** Whether the alert is firing: it has triggered, and its condition has stayed true since then. */
  isFiring: boolean
  /** End of the last minute that was evaluated. */
  evaluatedTo: number
  /** Last measured value of the metric, or null if no value was measured yet. */
  value: number | null
  /** Time of the last trigger, or null if the alert never triggered. */
  firedAt: number | null
}

export interface Alert extends AlertFields {
  /** ID of the alert, such as `alert_…`. */
  id: string
  siteId: string
  /** Unix time in milliseconds. */
  createdAt: number
  /** Number that increases with every change of the alert fields. */
  revision: number
  state: AlertState
}

export const MAX_ALERTS_OF_SITE = 50

/**
 * The fields that an alert on a metric supports, by their names in the API, and the default values of omitted
 * fields.
 */
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
