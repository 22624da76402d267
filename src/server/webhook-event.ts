/** Every field of `data` that is unknown is null. */
interface DataOf {
  pageview: {
    path: string | null
    referrer: string | null
    country: string | null
    device: string | null
    browser: string | null
  }
  /** A custom event: `action` is its name, the others are its properties of these names. */
  event: {
    action: string
    category: string | number | boolean | null
    label: string | number | boolean | null
    value: string | number | boolean | null
    path: string | null
  }
  goal: { goalId: string; goalName: string; path: string | null; value: number | null }
  alert: { alertId: string; alertName: string; condition: string; currentValue: number; threshold: number }
  /** `duration` is in seconds. */
  session_end: {
    sessionId: string
    duration: number
    pages: number
    entryPath: string | null
    exitPath: string | null
  }
  /** `timestamp` is the start of the visit in ISO 8601. */
  high_value_visitor: {
    visitorId: string
    country: string | null
    valueScore: number
    landingPage: string | null
    timestamp: string
  }
  traffic_spike: {
    alertId: string
    alertName: string
    spikeDetected: boolean
    currentVisitors: number
    baseline: number
    thresholdMultiplier: number
  }
  test: Record<string, unknown>
}

export type WebhookEventName = keyof DataOf

/**
 * An event of a webhook: `if (event.event === 'goal')` narrows `data`. `siteId` is null only in the test of a webhook for all
 * websites.
 */
export type WebhookEvent = {
  [Name in WebhookEventName]: {
    /** The same for every attempt and replay. Remember it, because a delivery may arrive more than once. */
    id: string
    event: Name
    /** Time of the event in ISO 8601. */
    timestamp: string
    data: DataOf[Name] & { siteId: string | null }
  }
}[WebhookEventName]
