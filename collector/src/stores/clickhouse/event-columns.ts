import type { EventRow, HeartbeatRow } from '../../ingest/event-row.js'

type TextType = 'String' | 'LowCardinality(String)'
export type ColumnType = TextType | "DateTime64(3, 'UTC')" | 'Bool' | 'UInt32'

export interface Column {
  type: ColumnType
  /** Schema release that added the column; later ones than the first are added by ALTER TABLE. @default 1 */
  addedIn?: number
}

type ColumnOf<Value> = Column & {
  type: Value extends string ? TextType : Value extends boolean ? 'Bool' : "DateTime64(3, 'UTC')" | 'UInt32'
}
/** A column for every field of a row, of a type that stores it. */
type ColumnsOf<Row> = { [Name in keyof Row]: ColumnOf<Row[Name]> }

const NAME = 'LowCardinality(String)'
const TIME = "DateTime64(3, 'UTC')"

/**
 * Columns of the table `events`, in its order. Schema, row encoder and test rows derive from them: a new
 * column is added here with the next `addedIn`, to `EventRow` and to `toEventRow`.
 */
export const EVENT_COLUMNS = {
  site_id: { type: NAME },
  received_at: { type: TIME },
  occurred_at: { type: TIME },
  event_id: { type: 'String' },
  event_type: { type: NAME },
  event_name: { type: 'String' },
  visitor_id: { type: 'String' },
  session_id: { type: 'String' },
  user_id: { type: 'String' },
  origin: { type: NAME },
  path: { type: 'String' },
  query: { type: 'String' },
  referrer: { type: 'String' },
  title: { type: 'String' },
  device_type: { type: NAME },
  browser: { type: NAME },
  os: { type: NAME },
  language: { type: NAME },
  screen: { type: NAME },
  timezone: { type: NAME },
  properties: { type: 'String' },
  cookieless: { type: 'Bool' },
  gpc: { type: 'Bool' },
  // Rows written by the first release have empty values in these columns.
  country: { type: NAME, addedIn: 2 },
  channel: { type: NAME, addedIn: 2 },
  source: { type: NAME, addedIn: 2 },
  utm_source: { type: NAME, addedIn: 2 },
  utm_medium: { type: NAME, addedIn: 2 },
  utm_campaign: { type: 'String', addedIn: 2 },
  utm_term: { type: 'String', addedIn: 2 },
  utm_content: { type: 'String', addedIn: 2 },
} as const satisfies ColumnsOf<EventRow>

/**
 * Random number of the process that wrote a row: copies of one event written by two collectors differ in it.
 */
export const WRITER_COLUMN = { type: 'UInt32' } as const satisfies Column

export const HEARTBEAT_COLUMNS = {
  site_id: { type: NAME },
  received_at: { type: TIME },
  visitor_id: { type: 'String' },
} as const satisfies ColumnsOf<HeartbeatRow>

/** The `name type` of each column that a schema release added. */
export function columnDefinitions(columns: Record<string, Column>, release: number): string[] {
  return Object.entries(columns)
    .filter(([, { addedIn = 1 }]) => addedIn === release)
    .map(([name, { type }]) => `${name} ${type}`)
}
