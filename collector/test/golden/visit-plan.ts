import type { EventType, Properties } from '@zenovay/tracker/contract'

/** How a visitor arrived, and the channel and source that docs/sources.md assigns to it. */
export interface Arrival {
  referrer: string
  /** Query of the page URL, without `?`. */
  query: string
  source: string
  channel: string
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
}

/** The fields of an event that describe the visitor's device. */
export interface Client {
  country: string
  device_type: string
  browser: string
  os: string
}

export interface PlannedEvent {
  id: string
  /** Time of the event, ms since the epoch. No two events of a visit share a millisecond. */
  at: number
  type: EventType
  /** Empty unless the event is a custom event or a goal. */
  name: string
  origin: string
  path: string
  title: string
  properties: Properties
  /** Whether the visitor caused it. */
  isInteractive: boolean
  arrival: Arrival
  client: Client
  /** The captured engagement with a pageview, sent at `at`. */
  engagement?: { at: number; engagedMs: number; scroll: number } | undefined
  /** For an error: its kind; messages of a kind differ only in numbers and ids. */
  errorKind?: number
}

/** One visit with all its events, oldest first. */
export interface PlannedVisit {
  sessionId: string
  visitorId: string
  events: PlannedEvent[]
  /** Whether its events reach the collector over HTTP or as rows in the store. */
  delivery: 'http' | 'store'
}
