import { MINUTE_MS } from '../../durations.js'
import type { Trigger } from '../alert-store.js'
import type { Alert } from '../alert.js'
import type { Measurement } from '../measure.js'

type Told = Pick<Alert, 'id' | 'siteId' | 'name' | 'metric' | 'comparison' | 'threshold'>

/** What is told when an alert fired on the figures of the minute that ended at `at`, ms since the epoch. */
export function describeTrigger(alert: Told, at: number, { value, spike }: Measurement): Trigger {
  const key = `${alert.id} ${at}`
  if (spike) return { key, event: 'traffic_spike', at, data: describeSpike(alert, spike) }
  return {
    key,
    event: 'alert',
    at,
    data: describeAlert(alert, `${alert.metric} ${alert.comparison} ${alert.threshold}`, value ?? 0),
  }
}

/** What is told when a site went down, or came up again, at `at`. */
export function describeOutage(alert: Told, at: number, isUp: boolean): Trigger {
  const [condition, value] = isUp ? ['uptime >= 1', 1] : ['uptime < 1', 0]
  return {
    key: `${alert.id} ${isUp ? 'up' : 'down'} ${at}`,
    event: 'alert',
    at,
    data: describeAlert({ ...alert, threshold: 1 }, condition, value),
  }
}

/** What is told when somebody tests an alert: all of a minute are one. */
export function describeTest(alert: Alert, now: number): Trigger {
  const told = { ...alert, name: `Test: ${alert.name}` }
  const value = alert.state.value ?? alert.threshold
  const spike = alert.metric === 'traffic_spike' ? { currentVisitors: 0, baseline: 0 } : undefined
  const crossing =
    alert.metric === 'uptime'
      ? describeOutage(told, now, false)
      : describeTrigger(told, now, { value, volume: 0, ...(spike && { spike }) })
  return { ...crossing, key: `${alert.id} test ${Math.floor(now / MINUTE_MS)}` }
}

function describeAlert(
  { siteId, id, name, threshold }: Told,
  condition: string,
  currentValue: number,
): Record<string, unknown> {
  return { siteId, alertId: id, alertName: name, condition, currentValue, threshold }
}

function describeSpike(
  { siteId, id, name, threshold }: Told,
  { currentVisitors, baseline }: NonNullable<Measurement['spike']>,
): Record<string, unknown> {
  return {
    siteId,
    alertId: id,
    alertName: name,
    spikeDetected: currentVisitors > baseline * threshold,
    currentVisitors,
    baseline: Math.round(baseline),
    thresholdMultiplier: threshold,
  }
}

/** What people are told of a crossing: whose it is, and a few lines with a label each. Texts are those of the owner, unescaped. */
export function parseTrigger({ event, data }: Pick<Trigger, 'event' | 'data'>): {
  name: string
  lines: [label: string, value: string][]
} {
  const text = (key: string) => String(data[key])
  const lines: [string, string][] =
    event === 'traffic_spike'
      ? [
          ['Visitors of the last 24 hours', text('currentVisitors')],
          ['Average day', text('baseline')],
          ['Threshold', `${text('thresholdMultiplier')} × the average`],
        ]
      : [
          ['Condition', text('condition')],
          ['Current', text('currentValue')],
          ['Threshold', text('threshold')],
        ]
  return { name: text('alertName'), lines: [...lines, ['Site', text('siteId')]] }
}
