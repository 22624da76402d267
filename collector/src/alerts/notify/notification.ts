import { MINUTE_MS } from '../../durations.js'
import type { Trigger } from '../alert-store.js'
import type { Alert } from '../alert.js'
import type { Measurement } from '../measure.js'

type DescribedAlert = Pick<Alert, 'id' | 'siteId' | 'name' | 'metric' | 'comparison' | 'threshold'>

/**
 * Creates the trigger of an alert that fired for the minute that ended at `at`, a Unix time in milliseconds.
 */
export function describeTrigger(alert: DescribedAlert, at: number, { value, spike }: Measurement): Trigger {
  const key = `${alert.id} ${at}`
  if (spike) return { key, event: 'traffic_spike', at, data: describeSpike(alert, spike) }
  return {
    key,
    event: 'alert',
    at,
    data: describeAlert(alert, `${alert.metric} ${alert.comparison} ${alert.threshold}`, value ?? 0),
  }
}

/**
 * Creates the trigger of an `uptime` alert whose site went down or came back up at `at`, a Unix time in
 * milliseconds.
 */
export function describeOutage(alert: DescribedAlert, at: number, isUp: boolean): Trigger {
  const [condition, value] = isUp ? ['uptime >= 1', 1] : ['uptime < 1', 0]
  return {
    key: `${alert.id} ${isUp ? 'up' : 'down'} ${at}`,
    event: 'alert',
    at,
    data: describeAlert({ ...alert, threshold: 1 }, condition, value),
  }
}

/**
 * Creates a test trigger. Test triggers within the same minute share one key, so that only the first one is
 * sent.
 */
export function describeTest(alert: Alert, now: number): Trigger {
  const renamed = { ...alert, name: `Test: ${alert.name}` }
  const value = alert.state.value ?? alert.threshold
  const spike = alert.metric === 'traffic_spike' ? { currentVisitors: 0, baseline: 0 } : undefined
  const trigger =
    alert.metric === 'uptime'
      ? describeOutage(renamed, now, false)
      : describeTrigger(renamed, now, { value, volume: 0, ...(spike && { spike }) })
  return { ...trigger, key: `${alert.id} test ${Math.floor(now / MINUTE_MS)}` }
}

function describeAlert(
  { siteId, id, name, threshold }: DescribedAlert,
  condition: string,
  currentValue: number,
): Record<string, unknown> {
  return { siteId, alertId: id, alertName: name, condition, currentValue, threshold }
}

function describeSpike(
  { siteId, id, name, threshold }: DescribedAlert,
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

/** Returns the alert name and the lines of the message. The caller must escape them. */
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
