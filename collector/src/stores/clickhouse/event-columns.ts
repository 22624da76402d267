import type { EventRow, HeartbeatRow } from '../../ingest/event-row.js'

type TextType = 'String' | 'LowCardinality(String)'
export type ColumnType = TextType | "DateTime64(3, 'UTC')" | 'Bool' | 'UInt32'

export interface Column {
  type: ColumnType
  /**
   * The schema release that added the column. Columns added after the first release are created with ALTER
   * TABLE.
   * @default 1
   */
  addedIn?: number
  /**
   * Value of the column in rows that were written without it, such as those of an older release. By default,
   * the value is empty.
   */
  default?: boolean
}

type ColumnOf<Value> = Column & {
  type: Value extends string ? TextType : Value extends boolean ? 'Bool' : "DateTime64(3, 'UTC')" | 'UInt32'
}
/** One column for every field of a row, with a type that can store the field. */
type ColumnsOf<Row> = { [Name in keyof Row]: ColumnOf<Row[Name]> }

const NAME = 'LowCardinality(String)'
const TIME = "DateTime64(3, 'UTC')"

/**
 * Columns of the `events` table, in table order. The schema, the row encoder and the test rows derive from
 * them. To add a column, define it here with the next `addedIn`, and extend `EventRow` and `toEventRow`.
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
  // These columns are empty in rows that were written by the first release.
  country: { type: NAME, addedIn: 2 },
  channel: { type: NAME, addedIn: 2 },
  source: { type: NAME, addedIn: 2 },
  utm_source: { type: NAME, addedIn: 2 },
  utm_medium: { type: NAME, addedIn: 2 },
  utm_campaign: { type: 'String', addedIn: 2 },
  utm_term: { type: 'String', addedIn: 2 },
  utm_content: { type: 'String', addedIn: 2 },
  interactive: { type: 'Bool', addedIn: 3, default: true },
  position: { type: 'UInt32', addedIn: 4 },
} as const satisfies ColumnsOf<EventRow>

/**
 * Random number that identifies the process that wrote a row. It distinguishes copies of one event that were
 * written by two collectors.
 */
export const WRITER_COLUMN = { type: 'UInt32' } as const satisfies Column

export const HEARTBEAT_COLUMNS = {
  site_id: { type: NAME },
  received_at: { type: TIME },
  visitor_id: { type: 'String' },
} as const satisfies ColumnsOf<HeartbeatRow>

/** Returns the definition (`name type`, and the default value if there is one) of each column that was added by a schema release. */
export function columnDefinitions(columns: Record<string, Column>, release: number): string[] {
  return Object.entries(columns)
    .filter(([, { addedIn = 1 }]) => addedIn === release)
    .map(
      ([name, { type, default: value }]) =>
        `${name} ${type}${value === undefined ? '' : ` DEFAULT ${value}`}`,
    )
}
