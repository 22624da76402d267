import {
  type Column,
  columnDefinitions,
  EVENT_COLUMNS,
  HEARTBEAT_COLUMNS,
  WRITER_COLUMN,
} from './event-columns.js'
import { createStoreClient } from './client.js'

// Settings of every table of acknowledged rows. Without the two fsync settings the engine never calls
// fsync at all; the window makes repeating a batch with its token harmless.
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000'

// Rollups are fsynced, too: after a power cut a day must not count as rolled up without its rows. Erased rows
// must leave the disk.
const ROLLUP =
  'fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1'

/**
 * Schema steps, all run at every start. A released step never changes, which
 * test/stores/clickhouse/schema.test.ts checks; changes are new steps at the end.
 */
export const SCHEMA_STEPS: readonly string[] = [
  createTableSql(
    'events',
    [
      ...columnDefinitions(EVENT_COLUMNS, 1),
      'INDEX by_event_id event_id TYPE bloom_filter(0.001) GRANULARITY 1',
      'INDEX by_received_at received_at TYPE minmax GRANULARITY 1',
    ],
    `PARTITION BY toYYYYMM(occurred_at) ORDER BY (site_id, occurred_at) SETTINGS ${DURABLE}`,
  ),
  createTableSql(
    'heartbeats',
    columnDefinitions(HEARTBEAT_COLUMNS, 1),
    'ORDER BY (site_id, received_at) TTL toDateTime(received_at) + INTERVAL 1 DAY SETTINGS non_replicated_deduplication_window = 1000',
  ),
  addColumnsSql('events', columnDefinitions(EVENT_COLUMNS, 2)),
  `ALTER TABLE events ADD COLUMN IF NOT EXISTS writer ${WRITER_COLUMN.type}`,
  // Delete a merged or mutated part after a second: erased rows must leave the disk. By default the engine
  // keeps it for 8 minutes, until the new part is on disk; with an fsync it need not wait. Heartbeats are not
  // worth one.
  'ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1',
  'ALTER TABLE heartbeats MODIFY SETTING old_parts_lifetime = 1',
  // Rows keep the number of their insert when parts are merged. The engine assigns it under the lock that
  // makes the insert visible, so it orders rows by visibility, which their time of receipt does not.
  'ALTER TABLE events MODIFY SETTING enable_block_number_column = 1',
  // Rollups: a row for each visit that began on a day that is rolled up, with the columns of
  // queries/visits.ts; `visitor` is a hash. A `build` is one computation of one day, numbered by its start,
  // so that later builds are greater.
  `CREATE TABLE IF NOT EXISTS visits (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    session_id String,
    started_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC'),
    pageviews UInt64,
    actions UInt64,
    bounced UInt8,
    goals UInt64,
    revenues UInt64,
    entry_origin LowCardinality(String),
    entry_path String,
    exit_origin LowCardinality(String),
    exit_path String,
    steps Array(Tuple(Int64, LowCardinality(String), String)),
    visitor UInt64,
    visitor_id String,
    referrer String,
    country LowCardinality(String),
    device_type LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    source LowCardinality(String),
    channel LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign String,
    utm_term String,
    utm_content String
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (site_id, day, build, started_at) SETTINGS ${ROLLUP}`,
  // The table is sorted by views, because reports read the most viewed pages of a day.
  `CREATE TABLE IF NOT EXISTS page_days (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    origin LowCardinality(String),
    path String,
    views UInt64,
    visitors AggregateFunction(uniqCombined64(17), UInt64),
    entries UInt64,
    exits UInt64,
    bounces UInt64,
    spent_ms Int64
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (site_id, day, build, views) SETTINGS index_granularity = 64, ${ROLLUP}`,
  // The row with the greatest build decides about a day: which build is valid, or that none is.
  `CREATE TABLE IF NOT EXISTS settled_days (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    is_settled Bool,
    visits UInt64
  ) ENGINE = ReplacingMergeTree(build) ORDER BY (site_id, day) SETTINGS ${ROLLUP}`,
  // The last search for late events, whose days were invalidated.
  `CREATE TABLE IF NOT EXISTS late_checks (checked_at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree(checked_at) ORDER BY tuple() SETTINGS ${ROLLUP}`,
  ...laterColumnsSql('events', EVENT_COLUMNS, 3),
  ...laterColumnsSql('heartbeats', HEARTBEAT_COLUMNS, 2),
]

/** Creates the tables and columns that are missing. Rejects with the server's error. */
export async function migrateEvents(url: string, timeoutMs: number): Promise<void> {
  const client = createStoreClient({ url, purpose: 'maintenance', timeoutMs })
  try {
    for (const step of SCHEMA_STEPS) await client.command(step)
  } finally {
    await client.close()
  }
}

function createTableSql(table: string, definitions: string[], rest: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
    ${definitions.join(',\n    ')}
  ) ENGINE = MergeTree ${rest}`
}

function addColumnsSql(table: string, definitions: string[]): string {
  return `ALTER TABLE ${table}
    ${definitions.map((definition) => `ADD COLUMN IF NOT EXISTS ${definition}`).join(',\n    ')}`
}

/** A step for each release, from `first` on, that added columns. */
function laterColumnsSql(table: string, columns: Record<string, Column>, first: number): string[] {
  const releases = Object.values(columns).map(({ addedIn = 1 }) => addedIn)
  return [...new Set(releases)]
    .filter((release) => release >= first)
    .sort((a, b) => a - b)
    .map((release) => addColumnsSql(table, columnDefinitions(columns, release)))
}
