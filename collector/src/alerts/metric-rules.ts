import type { AlertFields, Metric } from './alert.js'

/** What may be chosen of an alert on a metric, by the names on the wire, and what it has otherwise. */
export interface MetricRule {
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
