import { randomUUID } from 'node:crypto'
import type { EventRow } from '../../src/ingest/event-row.js'

const TEXTS = [
  'event_name',
  'user_id',
  'query',
  'referrer',
  'title',
  'device_type',
  'browser',
  'os',
  'language',
  'screen',
  'timezone',
  'country',
  'channel',
  'source',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
]

/** A stored pageview with mostly empty texts, received when it happened. */
export function makeRow({
  occurred_at,
  ...fields
}: Partial<EventRow> & Pick<EventRow, 'occurred_at'>): EventRow {
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, ''])),
    site_id: 'ws_1',
    received_at: occurred_at,
    occurred_at,
    event_id: randomUUID(),
    event_type: 'pageview',
    visitor_id: 'visitor',
    session_id: 'session',
    origin: 'https://example.com',
    path: '/',
    properties: '{}',
    cookieless: false,
    gpc: false,
    ...fields,
  } as EventRow
}
