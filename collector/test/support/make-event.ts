import { randomUUID } from 'node:crypto'
import type { IngestEvent } from '@zenovay/tracker/contract'

/** A pageview of a browser with a unique id. */
export function makeEvent(fields: Partial<IngestEvent> = {}): IngestEvent {
  return {
    event_id: randomUUID(),
    session_id: 'session-0001',
    visitor_id: 'visitor-0001',
    url: 'https://example.com/',
    device_type: 'desktop',
    browser: 'Firefox',
    os: 'Linux',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
    ...fields,
  }
}
