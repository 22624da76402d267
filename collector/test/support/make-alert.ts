import type { Alert, AlertFields } from '../../src/alerts/alert.js'

/** Editable fields of an alert: more than 10 pageviews in a minute, sent to webhooks. */
export function makeAlertFields(fields: Partial<AlertFields> = {}): AlertFields {
  return {
    name: 'Rush',
    metric: 'pageviews',
    comparison: '>',
    threshold: 10,
    hysteresis: 0,
    windowMinutes: 1,
    minimumVolume: 0,
    coolDownMinutes: 0,
    currency: 'USD',
    isActive: true,
    destinations: [{ type: 'webhook' }],
    ...fields,
  }
}

/** An alert that has not been evaluated yet. */
export function makeAlert({ state, ...fields }: Partial<Alert> = {}): Alert {
  return {
    id: 'alert_1',
    siteId: 'ws_1',
    createdAt: 0,
    revision: 0,
    ...makeAlertFields(fields),
    ...fields,
    state: { isFiring: false, evaluatedTo: 0, value: null, firedAt: null, ...state },
  }
}
