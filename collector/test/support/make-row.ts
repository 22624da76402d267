import { randomUUID } from 'node:crypto'
import type { EventRow } from '../../src/ingest/event-row.js'
import { type Column, type ColumnType, EVENT_COLUMNS } from '../../src/stores/clickhouse/event-columns.js'

const EMPTY_VALUES: Record<ColumnType, unknown> = {
  String: '',
  'LowCardinality(String)': '',
  "DateTime64(3, 'UTC')": 0,
  UInt32: 0,
  Bool: false,
}

/** A row whose columns are all empty or have their default value. */
export const EMPTY_ROW = Object.fromEntries(
  Object.entries<Column>(EVENT_COLUMNS).map(([name, { type, default: value = EMPTY_VALUES[type] }]) => [
    name,
    value,
  ]),
) as unknown as EventRow

/** A stored pageview with mostly empty texts, received when it happened. */
export function makeRow({
  occurred_at,
  ...fields
}: Partial<EventRow> & Pick<EventRow, 'occurred_at'>): EventRow {
  return {
    ...EMPTY_ROW,
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
    ...fields,
  }
}
