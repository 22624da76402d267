import type { EventType, Properties } from '@zenovay/tracker/contract'

/** How a visitor came, and what the product must make of it by docs/sources.md. */
export interface Arrival {
  referrer: string
  /** Query of the page's URL, without `?`. */
  query: string
  source: string
  channel: string
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
}

/** What an event says of the visitor's side. */
export interface Client {
  country: string
  device_type: string
  browser: string
  os: string
}

export interface PlannedEvent {
  id: string
  /** When it happens, ms since the epoch. No two events of a visit happen in the same millisecond. */
  at: number
  type: EventType
  /** Empty unless it is a custom event or goal. */
  name: string
  origin: string
  path: string
  title: string
  properties: Properties
  arrival: Arrival
  client: Client
  /** Of an error: which of those that are the same but for numbers and ids. */
  errorKind?: number
}

/** One visit with everything that happens in it, oldest first. */
export interface PlannedVisit {
  sessionId: string
  visitorId: string
  events: PlannedEvent[]
  /** How its events reach the collector: by HTTP, or as rows of the store. */
  delivery: 'http' | 'store'
}
