/** What an alert watches. docs/alerts.md says what each is and in which unit. */
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

/** When an alert fires. */
export interface AlertRule {
  comparison: Comparison
  /** In the unit of the metric. */
  threshold: number
  /** How far back from the threshold the value must be before the alert can fire again; 0 or more, in the unit of the metric. */
  hysteresis: number
  /** Fewer visitors than these say nothing: then the alert stays as it is. */
  minimumVolume: number
  /** After it fired the alert is silent for so many minutes. */
  coolDownMinutes: number
}

export const DESTINATION_TYPES = ['webhook', 'slack', 'email'] as const
export type DestinationType = (typeof DESTINATION_TYPES)[number]

/** Where an alert is told; `sealed` is the URL or the address, which only the secret box reads. `webhook` means the webhooks of the site that want the event. */
export type Destination = { type: 'webhook' } | { type: 'slack' | 'email'; sealed: string }

/** What may be chosen of an alert. */
export interface AlertFields extends AlertRule {
  name: string
  metric: Metric
  windowMinutes: number
  /** ISO 4217; of `revenue` alone. */
  currency: string
  isActive: boolean
  destinations: Destination[]
}

/** Where an alert stands. Times are ms since the epoch. */
export interface AlertState {
  /** The condition held when it was judged last. */
  isFiring: boolean
  /** The end of the last minute that was judged. */
  judgedTo: number
  /** The value of that minute; null while there was none. */
  value: number | null
  /** The end of the minute in which it fired last; null when it never did. */
  firedAt: number | null
}

export interface Alert extends AlertFields {
  /** `alert_…` */
  id: string
  siteId: string
  /** ms since the epoch. */
  createdAt: number
  /** Grows with every change that its owner makes. */
  revision: number
  state: AlertState
}

export const MAX_ALERTS_OF_SITE = 50

/** What may be chosen of an alert on a metric, by the names on the wire, and what it has otherwise. */
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
