import {
  type Column,
  columnDefinitions,
  EVENT_COLUMNS,
  HEARTBEAT_COLUMNS,
  WRITER_COLUMN,
} from './event-columns.js'
import { createStoreClient } from './client.js'
import type { StoreServer } from './store-server.js'

// Settings for tables whose rows are acknowledged to clients. Without the fsync settings, the engine never
// calls fsync. The deduplication window makes it safe to insert a batch again with the same token.
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000'

// Settings for rollup tables. With fsync, a day whose rows were lost in a power failure is not marked as
// rolled up. Replaced parts (data folders) are deleted after one second, because they may contain erased
// rows.
const ROLLUP =
  'fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1'

/**
 * SQL statements that create and update the schema. All of them run at every start. Add each schema change as
 * a new statement at the end. A released statement must never change, which
 * test/stores/clickhouse/schema.test.ts verifies.
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
  // Delete replaced parts (data folders) after one second, because they may contain erased rows. By default,
  // the engine keeps them for 8 minutes, in case the new part is not on disk yet. An fsync after each merge
  // removes this risk. Heartbeats are not important enough for an fsync.
  'ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1',
  'ALTER TABLE heartbeats MODIFY SETTING old_parts_lifetime = 1',
  // Keep the number of a row's insert when parts are merged. This number sorts rows by the time at which they
  // became visible to queries.
  'ALTER TABLE events MODIFY SETTING enable_block_number_column = 1',
  // Rollup table with one row for each visit that began on a rolled-up day. The columns are defined in
  // queries/visits.ts. `visitor` is a hash of the visitor ID. `build` identifies the computation that wrote
  // the row, and later computations have greater numbers.
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
  // Rollup table with the metrics of each page on each day. It is sorted by views because reports read the
  // most viewed pages of a day.
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
  // Table that stores which build of each day is valid, if any. Only the row with the greatest build number
  // of a day applies.
  `CREATE TABLE IF NOT EXISTS settled_days (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    is_settled Bool,
    visits UInt64
  ) ENGINE = ReplacingMergeTree(build) ORDER BY (site_id, day) SETTINGS ${ROLLUP}`,
  // Table that stores the time of the last search for late events. The search invalidates the rollups of the
  // days that late events affect.
  `CREATE TABLE IF NOT EXISTS late_checks (checked_at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree(checked_at) ORDER BY tuple() SETTINGS ${ROLLUP}`,
  ...laterColumnsSql('events', EVENT_COLUMNS, 3),
  ...laterColumnsSql('heartbeats', HEARTBEAT_COLUMNS, 2),
  // The window counts inserts. A batch is inserted again with its token for up to ten minutes, in which other
  // collectors may insert thousands.
  'ALTER TABLE events MODIFY SETTING non_replicated_deduplication_window = 100000',
  'ALTER TABLE heartbeats MODIFY SETTING non_replicated_deduplication_window = 100000',
  // Keep the number of a row in its insert, which distinguishes copies that one collector wrote twice.
  'ALTER TABLE events MODIFY SETTING enable_block_offset_column = 1',
  // The rules by which a rollup grouped events into visits (queries/visit-parts.ts). Days that were rolled up by
  // other rules are rolled up again.
  'ALTER TABLE settled_days ADD COLUMN IF NOT EXISTS visit_rules UInt16 DEFAULT 1',
  // What an event is to a visit: 1 is a pageview, 2 captured engagement, 3 another captured measurement, and 0 any other
  // event. Measurements are events of the types that the tracker captures, with the property that only captured ones have:
  // a server may have sent these types for other purposes. `view_key` is equal for a pageview and the engagement of its
  // session that names it, and 0 for other events. A missing scroll depth is -1. Computed at insert, because grouping
  // events into visits would otherwise read all properties and IDs.
  `ALTER TABLE events
    ADD COLUMN IF NOT EXISTS role UInt8 MATERIALIZED multiIf(event_type = 'pageview', 1, event_type = 'engagement', if(JSONHas(properties, 'engaged_ms'), 2, 0),
      (event_type = 'performance' AND JSONHas(properties, 'nav')) OR (event_type = 'error' AND JSONHas(properties, 'handled')), 3, 0),
    ADD COLUMN IF NOT EXISTS view_key UInt64 MATERIALIZED multiIf(role = 1, cityHash64(session_id, event_id), role = 2, cityHash64(session_id, JSONExtractString(properties, 'view')), 0),
    ADD COLUMN IF NOT EXISTS engaged_ms UInt32 MATERIALIZED if(role = 2, toUInt32(least(greatest(JSONExtractFloat(properties, 'engaged_ms'), 0), 3600000)), 0),
    ADD COLUMN IF NOT EXISTS scroll Int8 MATERIALIZED if(role = 2 AND JSONHas(properties, 'scroll'), toInt8(least(greatest(JSONExtractFloat(properties, 'scroll'), 0), 100)), -1)`,
  // Engagement of rolled-up visits and pages (queries/visit-events.ts).
  `ALTER TABLE visits
    ADD COLUMN IF NOT EXISTS lasted_ms Int64,
    ADD COLUMN IF NOT EXISTS engagements UInt64,
    ADD COLUMN IF NOT EXISTS engaged_ms Int64,
    ADD COLUMN IF NOT EXISTS readings Array(Tuple(Int64, Int8))`,
  `ALTER TABLE page_days
    ADD COLUMN IF NOT EXISTS engaged_views UInt64,
    ADD COLUMN IF NOT EXISTS engaged_ms Int64,
    ADD COLUMN IF NOT EXISTS scrolled_views UInt64,
    ADD COLUMN IF NOT EXISTS scrolled Int64`,
]

/** Creates missing tables and columns. Rejects with the server's error if a step fails. */
export async function migrateEvents(server: StoreServer, timeoutMs: number): Promise<void> {
  const client = createStoreClient({ ...server, purpose: 'maintenance', timeoutMs })
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

/**
 * Returns one ALTER TABLE statement for each release that added columns, starting with the release `first`.
 */
function laterColumnsSql(table: string, columns: Record<string, Column>, first: number): string[] {
  const releases = Object.values(columns).map(({ addedIn = 1 }) => addedIn)
  return [...new Set(releases)]
    .filter((release) => release >= first)
    .sort((a, b) => a - b)
    .map((release) => addColumnsSql(table, columnDefinitions(columns, release)))
}
