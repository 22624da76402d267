// Settings of every table that takes acknowledged rows. Without the two fsync settings the engine never
// calls fsync at all; the window makes a batch that is sent again with its token harmless.
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000'

// What is made of events is fsynced, too: a day must not be called settled while its rows are lost in a power cut. What was erased must leave the disk.
const BUILT =
  'fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1'

/** The schema in steps that were ever released; a step is never edited, only followed by another. */
export const SCHEMA_STEPS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS events (
    site_id LowCardinality(String),
    received_at DateTime64(3, 'UTC'),
    occurred_at DateTime64(3, 'UTC'),
    event_id String,
    event_type LowCardinality(String),
    event_name String,
    visitor_id String,
    session_id String,
    user_id String,
    origin LowCardinality(String),
    path String,
    query String,
    referrer String,
    title String,
    device_type LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    language LowCardinality(String),
    screen LowCardinality(String),
    timezone LowCardinality(String),
    properties String,
    cookieless Bool,
    gpc Bool,
    INDEX by_event_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_received_at received_at TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(occurred_at) ORDER BY (site_id, occurred_at) SETTINGS ${DURABLE}`,
  `CREATE TABLE IF NOT EXISTS heartbeats (
    site_id LowCardinality(String),
    received_at DateTime64(3, 'UTC'),
    visitor_id String
  ) ENGINE = MergeTree ORDER BY (site_id, received_at) TTL toDateTime(received_at) + INTERVAL 1 DAY SETTINGS non_replicated_deduplication_window = 1000`,
  // Rows from before read as '': nothing was known of them.
  `ALTER TABLE events
    ADD COLUMN IF NOT EXISTS country LowCardinality(String),
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String),
    ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS utm_source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS utm_medium LowCardinality(String),
    ADD COLUMN IF NOT EXISTS utm_campaign String,
    ADD COLUMN IF NOT EXISTS utm_term String,
    ADD COLUMN IF NOT EXISTS utm_content String`,
  // The process that stored a row, a random number: copies of one event by two collectors differ in it.
  `ALTER TABLE events ADD COLUMN IF NOT EXISTS writer UInt32`,
  // A part that was merged or mutated into another is deleted a second later: what was erased must leave the disk. By itself
  // the engine leaves the new part 8 minutes to reach the disk; with an fsync it need not wait. Heartbeats are worth none.
  'ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1',
  'ALTER TABLE heartbeats MODIFY SETTING old_parts_lifetime = 1',
  // Rows keep the number of their insert when parts are merged. It is given under the lock that makes the insert visible, so it
  // is the order in which rows come to be seen; when they were received is not.
  'ALTER TABLE events MODIFY SETTING enable_block_number_column = 1',
  // A row for each visit that began on a day which is settled: what the questions make of events, made once. The columns are those of the
  // visits in queries/visits.ts; `visitor` is a hash. A `build` is one making of one day: its first moment, so that later ones are greater.
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
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (site_id, day, build, started_at) SETTINGS ${BUILT}`,
  // The most viewed pages of a day lie together: they are what is asked for.
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
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (site_id, day, build, views) SETTINGS index_granularity = 64, ${BUILT}`,
  // The last word on each day is the row with the greatest build: the build that counts, or that none does.
  `CREATE TABLE IF NOT EXISTS settled_days (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    is_settled Bool,
    visits UInt64
  ) ENGINE = ReplacingMergeTree(build) ORDER BY (site_id, day) SETTINGS ${BUILT}`,
  // Until when late events were looked for, and their days taken back.
  `CREATE TABLE IF NOT EXISTS late_checks (checked_at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree(checked_at) ORDER BY tuple() SETTINGS ${BUILT}`,
]

/** `fingerprintOf` (ingest/event-row.ts) as SQL, for a stored row. */
export const FINGERPRINT = String.raw`CRC32(concat(event_type, '\n', event_name, '\n', origin, '\n', path, '\n', query, '\n', properties))`
